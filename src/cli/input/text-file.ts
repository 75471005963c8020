/** Texts that are given in files, for texts too long to type: a whole file is one text. */

import { UsageError } from "../../core/errors.ts";
import { readTextFile } from "../../files/regular-file.ts";

/** The text of a file, without the line breaks around it. @throws UsageError where it holds none */
export async function textOfFile(path: string): Promise<string> {
  const text = (await readTextFile(path)).replace(/^\s*\n|\s+$/g, "");
  if (text === "") throw new UsageError(`${path} holds no text; give one that does.`);
  return text;
}

/**
 * A text that is given on the command line or in a file; undefined where it is given in neither.
 * @param place what the text is called there, such as `TEXT` or `--prompt`
 */
export async function textFrom(
  given: string | undefined,
  file: string | undefined,
  place: string,
): Promise<string | undefined> {
  if (file === undefined) return given;
  if (given !== undefined && given !== "")
    throw new UsageError(`The text is given twice, by ${place} and --text-file; leave one out.`);
  return textOfFile(file);
}
