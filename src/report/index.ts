/** The report. Charts and their document are loaded only when a page is made. */
import type { ChapterFinding, ReportChapters, ReportData } from "./page.ts";

export type { BestText } from "./best.ts";
export type { ArchitecturesData } from "./chapters/architectures.ts";
export type { CharactersData } from "./chapters/characters.ts";
export type { CitiesData, WrittenName } from "./chapters/cities.ts";
export type { CompareData } from "./chapters/compare.ts";
export type { GptData } from "./chapters/gpt.ts";
export type { NoveltyData } from "./chapters/novelty.ts";
export type { RunsData } from "./chapters/runs.ts";
export type { DataDocument } from "./data-tables.ts";
export type { ReadText } from "./letters.ts";
export type { ReportChapters, ReportData } from "./page.ts";
export { legendOf, type MeasureGroup, measureGroups, type RunMeasures, rowsOf } from "./run-measures.ts";

/** One self-contained HTML document. The same data gives the same document, to the letter. */
export async function renderReport(report: ReportData): Promise<string> {
  const { page } = await import("./page.ts");
  return page(report);
}

/** What each chapter found, in their order on the page. */
export async function chapterFindings(chapters: ReportChapters): Promise<readonly ChapterFinding[]> {
  const { findings } = await import("./page.ts");
  return findings(chapters);
}
