/** The built studio on a server of its own, and the rules that each of its rooms keeps. */
import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { build } from "vite";
import { type StudioServer, serveStudio } from "../src/server/studio.ts";
import { newerSource, root } from "./cli.ts";

/** The engine's process from the sources, as `serveStudio` starts it. */
export const engineProgram = {
  file: join(root, "src/server/studio/engine-process.ts"),
  execArgv: ["--import", join(root, "bench/register.mjs")],
};

/**
 * @param folder where the files are built, unless `dist/studio` is newer than all sources
 * @param runs the folder of runs of the machine's engine; without it the page computes by itself
 * @returns the server, and where the files are
 */
export async function builtStudio(
  folder: string,
  runs?: string,
): Promise<StudioServer & { readonly files: string }> {
  const built = builtBefore() ?? folder;
  if (built === folder)
    await build({
      configFile: join(root, "studio/vite.config.ts"),
      logLevel: "error",
      build: { outDir: folder, emptyOutDir: true },
    });
  const server = await serveStudio({ port: 0, folder: built, runs, program: engineProgram });
  return { ...server, files: built };
}

/** The studio as `npm run build` has built it from the sources that there are; undefined where it is older. */
function builtBefore(): string | undefined {
  const page = statSync(join(root, "dist/studio/index.html"), { throwIfNoEntry: false });
  const newer = (folder: string) => page && newerSource(join(root, folder), page.mtimeMs);
  return page && !newer("src") && !newer("studio") ? join(root, "dist/studio") : undefined;
}

interface Axe {
  run(): Promise<{
    readonly violations: readonly {
      readonly id: string;
      readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
    }[];
  }>;
}

/** What axe-core finds in the page, wide and narrow, light and dark, and where it is wider than the window. */
export async function faultsOf(page: Page): Promise<string[]> {
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const found: string[] = [];
  for (const width of [1280, 390])
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      await page.evaluate(axe);
      const violations = await page.evaluate(async () => {
        const { violations } = await (window as unknown as { axe: Axe }).axe.run();
        return violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`);
      });
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      found.push(
        ...violations,
        ...(wider > 0 ? [`${page.url()} is ${wider} px wider than ${width} px`] : []),
      );
    }
  await page.setViewportSize({ width: 1280, height: 800 });
  return found;
}
