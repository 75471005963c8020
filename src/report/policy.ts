/**
 * A page's Content-Security-Policy (CSP Level 3): it loads nothing, runs no script and uses no style sheet but
 * its own. Charts have widths and colours in style attributes, which cannot run anything.
 */
import { createHash } from "node:crypto";

const AT = '<meta charset="utf-8">';

/** The finished page with the policy before everything that it restricts. */
export function withPolicy(page: string): string {
  const policy = [
    "default-src 'none'",
    `script-src ${hashes(page, "script")}`,
    "style-src 'unsafe-inline'",
    `style-src-elem ${hashes(page, "style")}`,
    "style-src-attr 'unsafe-inline'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return page.replace(AT, `${AT}\n<meta http-equiv="Content-Security-Policy" content="${policy}">`);
}

/** The hash of every such element. Other texts are escaped, so that all of them are the page's own. */
function hashes(page: string, element: "script" | "style"): string {
  const inside = page.matchAll(new RegExp(`<${element}\\b[^>]*>(.*?)</${element}>`, "gs"));
  const found = [...inside].map(
    ([, text]) => `'sha256-${createHash("sha256").update(text!).digest("base64")}'`,
  );
  return found.length === 0 ? "'none'" : [...new Set(found)].join(" ");
}
