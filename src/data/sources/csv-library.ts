/** csv-parse, loaded when the first table is read. */
import type { CsvLibrary } from "./format.ts";

export async function csvLibrary(): Promise<CsvLibrary> {
  const [{ parse: stream }, { parse: rows }] = await Promise.all([
    import("csv-parse"),
    import("csv-parse/sync"),
  ]);
  return { stream, rows };
}
