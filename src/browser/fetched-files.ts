/** The files of a model folder that a web server has. */
import { InputError } from "../core/errors.ts";
import type { ModelFiles } from "./run-store.ts";

/**
 * @param url of the folder
 * @example
 * const lm = await openRun(fetchedFiles(new URL("./models/punchline-bert/", location.href)), webBackend());
 */
export function fetchedFiles(url: URL): ModelFiles {
  const folder = url.pathname.endsWith("/") ? url : new URL(`${url.pathname}/`, url);
  const name = decodeURIComponent(folder.pathname.split("/").at(-2) ?? "");
  return {
    name,
    async read(file) {
      let answer: Response;
      try {
        answer = await fetch(new URL(file, folder));
      } catch (cause) {
        throw new InputError(
          "not-reached",
          `${folder} cannot be reached, so ${name} cannot be opened; see whether its server still runs.`,
          { name },
          cause,
        );
      }
      if (answer.status === 404) return undefined;
      if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
      throw new InputError(
        "not-served",
        `The server of ${name} answers ${answer.status} for ${file}; try again later.`,
        {
          name,
        },
      );
    },
  };
}
