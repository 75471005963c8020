/** Prints the result of `punchline novelty`. */
import type { ModelAudit, SnapshotAudit } from "../../evaluate/novelty/audit-model.ts";
import type { AuditedText } from "../../evaluate/novelty/auditor.ts";
import { closestBeginnings, cueSentences, leftOutByReason } from "../../evaluate/novelty/finding.ts";
import type { Context } from "../context.ts";
import { formatCount } from "./format.ts";
import { printProse, printTable, printTitle } from "./print.ts";
import { marksNote, printShared } from "./shared-texts.ts";
import { right } from "./table.ts";

const share = (copies: number, of: number) => `${formatCount(copies)} of ${formatCount(of)}`;
/** Most texts shown with what they share, and of them most copies. */
const SHOWN = 10;
const COPIES = 5;

/** Prints the verdict, its counts, what the model completed word for word, and a few texts with what they share. */
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
  if (audit.cues) {
    ctx.print();
    printProse(ctx, cueSentences(audit.cues));
  }
  const shown = chosen(audit.samples);
  if (shown.length === 0) return;
  printTitle(ctx, `${formatCount(shown.length)} of ${formatCount(audit.n)} with what they share`);
  ctx.print(marksNote(ctx));
  for (const [i, sample] of shown.entries()) {
    ctx.print();
    printShared(ctx, sample, i + 1);
  }
}

/** Copies first, then the texts that begin most like training texts; each text once. */
function chosen(samples: readonly AuditedText[]): AuditedText[] {
  const each = [...new Map(samples.map((one) => [one.text.trim(), one])).values()];
  const copies = each.filter(({ copy, part }) => copy || part !== undefined).slice(0, COPIES);
  const others = closestBeginnings(each.filter(({ copy, part }) => !copy && part === undefined));
  return [...copies, ...others].slice(0, SHOWN);
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
