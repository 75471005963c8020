/**
 * Pictures of the studio, of a model that is trained for a while: `node scripts/studio-pictures.mjs` writes those of the
 * README, and `node scripts/studio-pictures.mjs FOLDER [ROOM...]` every room, wide and narrow, light and dark, for who
 * changed one. The studio is built first: `npm run build:studio`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { preview } from "vite";

const [folder, ...asked] = process.argv.slice(2);
const images = fileURLToPath(new URL("../docs/images/", import.meta.url));
/** Steps after which names are mostly names, on a machine of any speed. */
const STEPS = 500;
/** What a busy machine may take for a step. */
const PATIENCE = 240_000;

const press = (tab, name) => tab.click(`button:text-is("${name}")`);
const gone = (tab, name) => tab.waitForSelector(`button:text-is("${name}")`, { state: "detached" });

/** What is done in each room before its picture. */
const rooms = {
  data: async (tab) => {
    await tab.waitForSelector("ol.window");
    for (let k = 0; k < 4; k++) await press(tab, "Next character");
  },
  train: (tab) => tab.waitForSelector(".chart svg"),
  write: async (tab) => {
    await tab.getByLabel("Begin with").fill("San ");
    await press(tab, "Write");
    await gone(tab, "Stop");
    await tab.focus(".tokens button:nth-of-type(3)");
    await press(tab, "Write at each");
    await gone(tab, "Stop all");
    await tab.focus(".tokens button:nth-of-type(3)");
  },
  novelty: async (tab) => {
    await tab.click("button.main");
    await tab.waitForSelector("text=/copies|copy/");
    await tab.waitForTimeout(2000);
  },
  "fine-tune": (tab) => tab.waitForSelector("#beginnings"),
  "gpt-or-bert": async (tab) => {
    await press(tab, "Ask both");
    await tab.waitForSelector(".attention");
  },
  type: async (tab) => {
    await tab.fill("#typed", "San M");
    await tab.waitForSelector(".suggestions button");
  },
  inside: async (tab) => {
    await press(tab, "Check every weight");
    await tab.click(".story button:has-text('The network')");
    await tab.waitForSelector(".moved");
    await tab.waitForSelector("text=the largest difference is");
  },
};

/** Rooms that need no model of the page. */
const alone = ["data", "fine-tune", "gpt-or-bert", "inside"];

/** The README's: the room, where its picture begins, and how high it is at most. */
const chosen = {
  write: { from: ".opening", height: 1320 },
  inside: { from: "h2:text-is('Node by node')", height: 1020 },
};

const server = await preview({
  configFile: fileURLToPath(new URL("../studio/vite.config.ts", import.meta.url)),
  preview: { port: 0 },
  logLevel: "error",
});
const url = `http://localhost:${server.httpServer.address().port}/`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  const tab = await browser.newPage({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
  tab.setDefaultTimeout(PATIENCE);
  const wanted = folder ? (asked.length > 0 ? asked : Object.keys(rooms)) : Object.keys(chosen);
  await tab.goto(`${url}#/train?minutes=30`);
  await tab.waitForSelector("text=It learns from City names");
  if (wanted.some((room) => !alone.includes(room))) {
    await press(tab, "Train");
    await tab.waitForFunction(
      (steps) =>
        Number(/in (\d+) steps/.exec(document.querySelector(".chart")?.ariaLabel ?? "")?.[1]) >= steps,
      STEPS,
      { timeout: 600_000 },
    );
    await press(tab, "Stop");
    await tab.waitForSelector("button:text-is('Write with it')");
  }
  if (folder) await mkdir(folder, { recursive: true });
  for (const room of wanted) {
    await tab.evaluate((to) => {
      location.hash = `#/${to}`;
    }, room);
    await rooms[room](tab);
    if (folder) await everyWay(tab, room);
    else await writeFile(join(images, `studio-${room}.webp`), await webp(tab, chosen[room]));
    console.log(room);
  }
} finally {
  await browser.close();
  await server.close();
}

async function everyWay(tab, room) {
  for (const width of [1280, 390])
    for (const colorScheme of ["light", "dark"]) {
      await tab.setViewportSize({ width, height: 900 });
      await tab.emulateMedia({ colorScheme });
      await tab.waitForTimeout(300);
      await tab.screenshot({ path: join(folder, `${room}-${width}-${colorScheme}.png`), fullPage: true });
    }
  await tab.setViewportSize({ width: 1280, height: 900 });
  await tab.emulateMedia({ colorScheme: "light" });
}

/** A part of the page, no further than its content. */
async function webp(tab, { from, height }) {
  const { y } = await tab.locator(from).boundingBox();
  const begin = y + (await tab.evaluate(() => scrollY)) - 24;
  const end = await tab.evaluate(
    () => document.querySelector("main").getBoundingClientRect().bottom + scrollY,
  );
  const clip = { x: 60, y: begin, width: 1160, height: Math.min(height, end - begin) };
  const png = await tab.screenshot({ fullPage: true, clip });
  const encoded = await tab.evaluate(
    async (source) => {
      const picture = new Image();
      picture.src = source;
      await picture.decode();
      const canvas = document.createElement("canvas");
      canvas.width = picture.naturalWidth;
      canvas.height = picture.naturalHeight;
      canvas.getContext("2d").drawImage(picture, 0, 0);
      return canvas.toDataURL("image/webp", 0.9);
    },
    `data:image/png;base64,${png.toString("base64")}`,
  );
  return Buffer.from(encoded.slice(encoded.indexOf(",") + 1), "base64");
}
