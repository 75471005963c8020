/** Builds the studio into static files that any host serves, below any path. */
import { createReadStream } from "node:fs";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { theme } from "../src/report/style/theme.ts";
import { operationDefinitions } from "./build/definitions.ts";

const source = (path: string) => fileURLToPath(new URL(`../src/${path}`, import.meta.url));

/** The report's colours and letters, in the page before anything is drawn. */
const palette: Plugin = {
  name: "punchline-palette",
  transformIndexHtml: () => [{ tag: "style", children: theme, injectTo: "head" }],
};

const models = fileURLToPath(new URL("../models", import.meta.url));

/** The files of the built-in models: `punchline-gpt2/config.json`. */
async function modelFiles(): Promise<string[]> {
  const found = await readdir(models, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(models.length + 1))
    .filter((path) => path.split(/[\\/]/).length === 2 && /\.(json|safetensors)$/.test(path));
}

/** The built-in models beside the page, as `models/NAME/`. */
const builtIn: Plugin = {
  name: "punchline-models",
  async configureServer({ middlewares }) {
    const files = await modelFiles();
    middlewares.use("/models", ({ url = "" }, answer) => {
      const file = url.slice(1);
      if (files.includes(file)) createReadStream(join(models, file)).pipe(answer);
      else answer.writeHead(404).end();
    });
  },
  async writeBundle({ dir }) {
    for (const file of await modelFiles()) {
      const copy = join(dir!, "models", file);
      await mkdir(join(copy, ".."), { recursive: true });
      await copyFile(join(models, file), copy);
    }
  },
};

/** The operations as the sources define them, for the room Inside. */
const definitions: Plugin = {
  name: "punchline-definitions",
  resolveId: (id) => (id === "virtual:definitions" ? `\0${id}` : undefined),
  load(id) {
    if (id !== "\0virtual:definitions") return undefined;
    const found = operationDefinitions(fileURLToPath(new URL("..", import.meta.url)));
    return `export default ${JSON.stringify(found)};`;
  },
};

/** What threads need: the page shares its process with no other site. */
const isolation = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  plugins: [palette, builtIn, definitions],
  resolve: {
    alias: {
      // Of the two runtimes of WebGPU the smaller one, 17 MB; the other is another 27 MB.
      "onnxruntime-web/webgpu": "onnxruntime-web/jspi",
      "punchline/web": source("web.ts"),
      "punchline/engine": source("engine.ts"),
    },
  },
  build: {
    outDir: fileURLToPath(new URL("../dist/studio", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // The runtime is 14 MB and cannot be split.
    chunkSizeWarningLimit: 1000,
  },
  worker: { format: "es" },
  server: { headers: isolation },
  preview: { headers: isolation },
});
