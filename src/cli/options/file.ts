/** The options for the format of a source's files, where it is not detected. */
import { fileFormatNames } from "../../data/sources/file.ts";
import { choice, integer, text } from "./option.ts";

const group = "Data";

export const fileOptions = {
  fileFormat: choice(fileFormatNames, { describe: "Format of the files (default: by their names)", group }),
  encoding: text({
    describe: "Encoding of text files without a mark, such as windows-1252 (default utf-8)",
    placeholder: "NAME",
    group,
  }),
  delimiter: text({
    describe: "Between the cells of a table: a character, tab, or none for one column (default: found out)",
    placeholder: "CHARACTER",
    group,
  }),
  header: choice(["yes", "no"], {
    describe: "Whether a table's first row names its columns (default: found out)",
    placeholder: "yes|no",
    group,
  }),
  maxLine: integer({
    describe: "Refuse files with a longer line, or row of a table (default 32,000,000)",
    min: 1,
    unit: "characters",
    group,
  }),
} as const;
