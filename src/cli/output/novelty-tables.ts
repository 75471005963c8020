/** Prints the result of `punchline novelty`. */
import { visible } from "../../core/printable.ts";
import type { ModelAudit, SnapshotAudit } from "../../evaluate/novelty/audit-model.ts";
import { leftOutByReason } from "../../evaluate/novelty/finding.ts";
import type { Context } from "../context.ts";
import { formatCount } from "./format.ts";
import { printProse, printTable, printTitle } from "./print.ts";
import { right } from "./table.ts";

const share = (copies: number, of: number) => `${formatCount(copies)} of ${formatCount(of)}`;
/** Most copies shown with the text that they copy. */
const SHOWN = 5;

/** Most characters of a shown text. */
const LONGEST = 500;
const brief = (text: string) =>
  visible(text.length > LONGEST ? `${text.slice(0, LONGEST).trimEnd()}…` : text);

/** Prints the verdict, its counts, what the model completed word for word, and the first copies. */
export function printAudit(ctx: Context, audit: ModelAudit): void {
  const { extraction, checkpoints } = audit;
  printProse(ctx, audit.verdict);
  for (const note of audit.notes ?? []) printProse(ctx, note);
  ctx.print();
  const rows = [
    ["these texts", audit],
    ["unseen real texts", audit.baseline],
    ["training texts", audit.training],
  ] as const;
  printTable(
    ctx,
    ["", right("copies"), right("whole"), right("near"), right("spans")],
    rows.flatMap(([name, rate]) => {
      if (!rate) return [];
      const { exact, near, span } = rate.kinds;
      return [[name, share(rate.copies, rate.n), ...[exact, near, span].map(formatCount)]];
    }),
  );
  if (extraction) {
    const { training, heldout, prefix } = extraction;
    ctx.print();
    printProse(
      ctx,
      `Given the first ${prefix} tokens, it completed word for word ${share(training.copies, training.n)} training texts and ${share(heldout.copies, heldout.n)} unseen ones.`,
    );
  }
  for (const { signals, reason } of leftOutByReason(audit.membership_left_out ?? []))
    printProse(ctx, `Left out of the membership signals: ${signals.join(", ")}. ${reason}`);
  if (checkpoints) printSnapshots(ctx, checkpoints);
  for (const { text, copy_kind, part, nearest } of audit.samples.filter(({ copy }) => copy).slice(0, SHOWN)) {
    ctx.print();
    ctx.print(
      `${ctx.style.bold(copy_kind ?? "copy")} (${(part ?? "train").replaceAll("_", " ")}): ${brief(text)}`,
    );
    if (nearest[0]) ctx.print(ctx.style.dim(`  data: ${brief(nearest[0].text)}`));
  }
}

function printSnapshots(ctx: Context, checkpoints: readonly SnapshotAudit[]): void {
  printTitle(ctx, "Along its training");
  const columns = ["step", "copies", "completed", "unseen completed", "loss held out", "loss in training"];
  printTable(
    ctx,
    columns.map(right),
    checkpoints.map(({ step, copies, n, extraction, val_loss, train_loss }) => [
      formatCount(step),
      share(copies, n),
      ...[extraction?.training, extraction?.heldout].map((r) => (r ? share(r.copies, r.n) : "-")),
      val_loss?.toFixed(3) ?? "-",
      train_loss.toFixed(3),
    ]),
  );
}
