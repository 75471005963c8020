/** The built-in names of cities: short texts of one kind, from which a small model learns to make up others in seconds. */
import { UsageError } from "../../core/errors.ts";
import { cityTexts } from "./city-texts.ts";
import { refuseFileOptions, type SourceKind } from "./source.ts";

export const citiesKind: SourceKind = {
  name: "cities",
  matches: (name) => name === "cities",
  async open(name, options) {
    refuseFileOptions(name, options);
    const column = options.column ?? options.promptColumn;
    if (column !== undefined) {
      throw new UsageError(`${name} has no columns; leave out the column ${JSON.stringify(column)}.`, {
        option: options.column === undefined ? "promptColumn" : "column",
        value: column,
      });
    }
    return {
      name,
      format: "built-in",
      column: undefined,
      progress: { bytes: 0, totalBytes: 0 },
      async *batches() {
        const texts = await cityTexts();
        yield { texts, rows: texts.map((_, i) => i + 1), unit: "name" };
      },
    };
  },
};
