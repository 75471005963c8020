/** csv-parse as browsers need it, loaded when the first table is read. */
import type { CsvLibrary } from "../data/sources/format.ts";

export async function csvLibrary(): Promise<CsvLibrary> {
  const [{ parse: stream }, { parse: rows }] = await Promise.all([
    import("csv-parse/browser/esm"),
    import("csv-parse/browser/esm/sync"),
  ]);
  return { stream, rows };
}
