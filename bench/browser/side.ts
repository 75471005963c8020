/** A side of a benchmark in the system's Chromium: its script bundled, its page isolated so that it may have threads. */
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { build } from "vite";
import { launchBrowser, noBrowser, serveFolder } from "../../test/browser.ts";
import type { Absent } from "../bench.ts";
import type { Peer } from "../python.ts";

const pages = fileURLToPath(new URL("pages", import.meta.url));
const folder = process.env.PUNCHLINE_PEERS;

/** Where a package of a peer is, or undefined. */
function packageFolder(name: string): string | undefined {
  const path = join(folder ?? "", "node_modules", name);
  return folder !== undefined && existsSync(path) ? path : undefined;
}

export interface Side {
  /** The file in `pages` that exports `side`, which answers what it is asked. */
  readonly script: string;
  readonly name: string;
  /** Packages of others that it imports; the first gives the version. */
  readonly packages?: readonly string[];
  /** Folders that the page can read, by the name of their address. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface TabSide extends Peer {
  /** Ends the tab and its worker in the middle of whatever they do, and opens another with the same storage. */
  kill(): Promise<void>;
}

/** Starts a side in a browser of its own, which nothing else shares. */
export async function startSide({
  script,
  name,
  packages = [],
  files = {},
}: Side): Promise<TabSide | Absent> {
  if (noBrowser) throw new Error("There is no Chromium here; set CHROMIUM to one.");
  const found = packages.map((of) => [of, packageFolder(of)] as const);
  if (found.some(([, path]) => path === undefined))
    return {
      absent: `${name} is not installed (npm install --prefix FOLDER ${packages.join(" ")}, and PUNCHLINE_PEERS=FOLDER)`,
    };
  const out = await mkdtemp(join(tmpdir(), "punchline-bench-"));
  await bundle(script, out, found as readonly (readonly [string, string])[]);
  for (const [address, from] of Object.entries(files))
    await cp(from, join(out, address), { recursive: true });
  const server = await serveFolder(out, { isolated: true });
  const browser = await launchBrowser();
  const context = await browser.newContext();
  let page: Page;
  const open = async () => {
    page = await context.newPage();
    await page.goto(server.url);
  };
  await open();
  const version =
    packages[0] && JSON.parse(readFileSync(join(found[0]![1]!, "package.json"), "utf8")).version;
  return {
    name: version ? `${name} ${version}` : name,
    ask: <T>(request: unknown): Promise<T> =>
      page.evaluate(
        (asked) => (window as unknown as { ask(asked: unknown): Promise<never> }).ask(asked),
        request,
      ),
    async kill() {
      await page.close({ runBeforeUnload: false });
      await open();
    },
    async stop() {
      await browser.close();
      server.close();
      await rm(out, { recursive: true, force: true });
    },
  };
}

/** The page with its worker, which imports `script`. */
async function bundle(script: string, out: string, packages: readonly (readonly [string, string])[]) {
  await build({
    configFile: false,
    root: pages,
    base: "./",
    logLevel: "error",
    resolve: {
      alias: [
        { find: "punchline-bench:side", replacement: join(pages, script) },
        // The runtime of WebGPU is another 27 MB.
        { find: "onnxruntime-web/webgpu", replacement: "onnxruntime-web/wasm" },
        ...packages.map(([find, replacement]) => ({ find, replacement })),
      ],
    },
    build: { outDir: out, emptyOutDir: true, target: "esnext", minify: false },
    // Modules that only register kernels must stay.
    worker: { format: "es", rollupOptions: { treeshake: { moduleSideEffects: true } } },
  });
}
