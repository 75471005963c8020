export type { ArchitecturesData } from "./chapters/architectures.ts";
export type { CharactersData } from "./chapters/characters.ts";
export type { CompareData } from "./chapters/compare.ts";
export type { GptData } from "./chapters/gpt.ts";
export type { NoveltyData } from "./chapters/novelty.ts";
export type { DataDocument } from "./chapters/parts/data.ts";
export type { TypingData } from "./chapters/parts/typing.ts";
export type { RunsData } from "./chapters/runs.ts";
export {
  bits,
  bytes,
  compact,
  count,
  decimal,
  duration,
  milliseconds,
  nats,
  percent,
  percentInterval,
  rate,
  significant,
} from "./format.ts";
export type { ReportChapters, ReportData } from "./page.ts";
export { pickBest } from "./pick.ts";
export { chapterFindings, renderReport } from "./render.ts";
export { legendOf, type MeasureGroup, measureGroups, type RunMeasures, rowsOf } from "./run-measures.ts";
