/** Texts in files, for texts too long to type: a whole file is one text. */
import { UsageError } from "../../core/errors.ts";
import { readTextFile } from "../../files/regular-file.ts";

/** The text of a file, without line breaks around it. @throws UsageError for a file without text */
export async function textOfFile(path: string): Promise<string> {
  const text = (await readTextFile(path)).replace(/^\s*\n|\s+$/g, "");
  if (text === "") throw new UsageError(`${path} holds no text; give one that does.`);
  return text;
}

/**
 * A text from the command line or from a file; undefined if neither is given.
 * @param place the text's name on the command line, such as `TEXT` or `--prompt`
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
