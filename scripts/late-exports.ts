/**
 * Lets the library's asynchronous functions and generators load their modules at their first call, so that a program waits only for
 * what it uses. The sources export them plainly, and so do their types.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Rolldown } from "tsdown";

/** `export { one, type Two } from "./file.ts";`, of which the names and the file are found. */
const reexport = /^export \{([^}]*)\} from "(\.[^"]+)";$/gm;

/** Rewrites the re-exports of the module at `path`, which is absolute. */
export function lateExports(path: string): Rolldown.Plugin {
  return {
    name: "late-exports",
    transform: {
      order: "pre",
      handler: (code, id) =>
        id === path ? code.replace(reexport, (...found) => withLate(path, found)) : null,
    },
  };
}

function withLate(entry: string, [whole, listed, file]: readonly string[]): string {
  const source = readFileSync(join(dirname(entry), file!), "utf8");
  const names = listed!
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  const stars = new Map(
    names.flatMap((name) => {
      const found = new RegExp(`^export async function(\\*?) ${name}\\b`, "m").exec(source);
      return found ? [[name, found[1]!] as const] : [];
    }),
  );
  if (stars.size === 0) return whole!;
  const now = names.filter((name) => !stars.has(name));
  return [
    ...(now.length > 0 ? [`export { ${now.join(", ")} } from "${file}";`] : []),
    ...Array.from(stars, ([name, star]) => {
      const call = `(await import("${file}")).${name}(...given)`;
      return `export async function${star} ${name}(...given) { return ${star && "yield* "}${call}; }`;
    }),
  ].join("\n");
}
