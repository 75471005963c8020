/** Bundles the script of the report's page, src/report/script, into src/report/script.generated.ts as one string. */
import { join } from "node:path";
import { generate, root, sourcesOf } from "./generate.mjs";

const folder = "src/report/script";

await generate(
  "src/report/script.generated.ts",
  "scripts/build-page-script.mjs",
  [...(await sourcesOf(folder)), "node_modules/vite/package.json"],
  async () => {
    // Loaded only here: it takes half a second.
    const { build } = await import("vite");
    const [{ output }] = await build({
      root,
      configFile: false,
      logLevel: "error",
      build: {
        write: false,
        target: "es2022",
        lib: { entry: join(root, folder, "main.ts"), formats: ["iife"], name: "page" },
      },
    });
    const code = output[0].code.trim();
    // The page has it between script tags.
    if (/<\/script|<!--/i.test(code)) throw new Error("The script of the page would end its own element.");
    return `/** What makes the page's pictures and texts answer to the pointer, to touch and to keys. */
export const pageScript =
  ${JSON.stringify(code)};
`;
  },
);
