/** The report's door: charts and their document are loaded only when a page is really made. */
import type { ChapterFinding, ReportChapters, ReportData } from "./page.ts";

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
