/**
 * Lets Node load some packages where they are first called, so that a program which never decodes a page, opens a
 * Hugging Face tokenizer or renders a chat template does not wait for them. The sources import them plainly. In the
 * build they import `#entities` and the like, which the "imports" of package.json lead to the file made here in
 * Node, and to the packages themselves in a browser, where no module can be loaded within a call.
 */
import type { Rolldown } from "tsdown";

/** The file that Node loads instead of the packages. */
const FILE = "late-packages.js";

/** Rewrites the imports from packages: `late` has the name of each within this package. */
export function latePackages(late: Readonly<Record<string, string>>): Rolldown.Plugin {
  const names = new Map(Object.keys(late).map((name) => [name, new Set<string>()]));
  const own = new Set(Object.values(late));
  return {
    name: "late-packages",
    resolveId: (id) => (own.has(id) ? { id, external: true } : null),
    transform: {
      order: "pre",
      handler: (code, id) =>
        /[\\/]src[\\/].*(?<!\.d)\.ts$/.test(id)
          ? code.replace(/^import \{([^}]*)\} from "([^"]+)";$/gm, (whole, listed: string, name: string) => {
              const found = names.get(name);
              if (!found) return whole;
              for (const one of listed.split(",").map((part) => part.trim()))
                if (one !== "" && !one.startsWith("type ")) found.add(one.split(" as ")[0]!);
              return `import {${listed}} from "${late[name]}";`;
            })
          : null,
    },
    generateBundle() {
      this.emitFile({ type: "asset", fileName: FILE, source: source(names) });
    },
  };
}

/** A stand-in for each function and class, which loads its package where it is called, constructed or read. */
const source = (packages: ReadonlyMap<string, ReadonlySet<string>>) =>
  `import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const late = (load) => {
  let loaded;
  const real = () => (loaded ??= load());
  return new Proxy(function () {}, {
    apply: (_, self, given) => Reflect.apply(real(), self, given),
    construct: (_, given) => Reflect.construct(real(), given),
    get: (_, name) => real()[name],
  });
};

${Array.from(packages, ([name, found]) =>
  Array.from(
    found,
    (one) => `export const ${one} = late(() => require(${JSON.stringify(name)}).${one});\n`,
  ).join(""),
).join("")}`;
