/**
 * The head of a page as a picture: `node scripts/page-picture.mjs report.html docs/images/report.png`. It is as wide as
 * a reader's page and ends where the answers end.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [page = "report.html", picture = "docs/images/report.png"] = process.argv.slice(2);
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  const tab = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  await tab.goto(pathToFileURL(resolve(page)).href);
  const bottom = await tab.evaluate(
    () => document.querySelector("nav.contents, .chapter").getBoundingClientRect().bottom,
  );
  const height = Math.min(1100, Math.ceil(bottom) + 40);
  await tab.screenshot({ path: picture, clip: { x: 0, y: 0, width: 1200, height } });
} finally {
  await browser.close();
}
