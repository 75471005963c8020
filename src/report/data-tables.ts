/** What went into the training: rows in, dropped and why, splits, vocabulary. */
import { repeat } from "./figure.ts";
import { count, duration, percent } from "./format.ts";
import { type Html, html } from "./html.ts";
import { dataTable, numbers } from "./table.ts";

/** The document of `punchline data --json`, with its source and time. */
export interface DataDocument {
  readonly source: string;
  readonly rows_in: number;
  readonly rows_out: number;
  /** Rows dropped by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly splits: { readonly train: number; readonly validation: number; readonly test: number };
  /** Number of distinct tokens. */
  readonly vocabulary: number;
  readonly seconds?: number | undefined;
}

type Row = Readonly<{ label: string; n: number; total?: boolean }>;

export function dataTables(data: DataDocument, command: string): Html {
  const rows: readonly Row[] = [
    { label: `Rows in ${data.source}`, n: data.rows_in, total: true },
    ...Object.entries(data.dropped)
      .filter(([, n]) => n > 0)
      .sort((a, b) => b[1] - a[1])
      .map(([reason, n]) => ({ label: `dropped: ${reason}`, n: -n })),
    { label: "Jokes kept", n: data.rows_out, total: true },
    { label: "of these, for training", n: data.splits.train },
    { label: "for validation", n: data.splits.validation },
    { label: "for the final test", n: data.splits.test },
  ];
  const share = ({ n }: Row) => Math.abs(n) / Math.max(1, data.rows_in);
  return html`${dataTable<Row>({
    caption: `What came in, what was dropped and why, and how the rest was split${data.seconds === undefined ? "" : ` (${duration(data.seconds)})`}`,
    columns: [
      { header: "Part of the data", cell: (r) => r.label },
      numbers("Rows", (r) => (r.n < 0 ? `−${count(-r.n)}` : count(r.n))),
      numbers("Share", (r) => percent(share(r)), share),
    ],
    rows,
    strong: (r) => r.total === true,
  })}
<p class="note">The vocabulary has ${count(data.vocabulary)} entries. No joke, and no near copy of one, is on two sides of the split. ${repeat(command)}</p>
`;
}
