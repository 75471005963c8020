import { expect, it } from "vitest";
import { fixture } from "../../test/report-fixture/report.ts";
import { table } from "../cli/output/table.ts";
import { legendOf, measureGroups, type RunMeasures, rowsOf } from "./run-measures.ts";

const { reference, runs } = fixture.chapters.runs!;
const rows: readonly RunMeasures[] = [reference, ...runs];

it("every group fits a terminal of 80 columns uncut, with names of 17 letters", () => {
  const named = rows.map((row) => ({ ...row, name: "n".repeat(17) }));
  for (const group of measureGroups(named)) {
    const text = table(
      [
        { header: "", wrap: true },
        ...group.measures.map(({ header }) => ({ header, align: "right" as const })),
      ],
      rowsOf(group, named).map((row) => [row.name, ...group.measures.map(({ cell }) => cell(row))]),
    );
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(text).not.toContain("…");
  }
});

it("leaves out what no row has, and rows of which a group knows nothing", () => {
  const groups = measureGroups(rows);
  const predicts = groups.find(({ caption }) => caption.startsWith("How well"))!;
  expect(rowsOf(predicts, rows)).toEqual(runs);
  const { mauve: _, ...without } = reference;
  const writes = measureGroups([without]).find(({ caption }) => caption === "What it writes")!;
  expect(writes.measures.map(({ header }) => header)).not.toContain("MAUVE");
  expect(legendOf(writes)).toContain("Self-BLEU: how alike the texts are");
  expect(measureGroups([{ name: "nothing" }])).toEqual([]);
});
