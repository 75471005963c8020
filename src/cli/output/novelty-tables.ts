/** What `punchline novelty` tells a person. */

import { visible } from "../../core/printable.ts";
import type { ModelAudit, SnapshotAudit } from "../../evaluate/novelty/audit-model.ts";
import { leftOutByReason } from "../../evaluate/novelty/finding.ts";
import type { Context } from "../context.ts";
import { inFlags } from "./flags.ts";
import { formatCount } from "./format.ts";
import { wrap } from "./layout.ts";
import { table } from "./table.ts";

const right = (header: string) => ({ header, align: "right" as const });
const share = (copies: number, of: number) => `${formatCount(copies)} of ${formatCount(of)}`;
/** Copies that are shown with the text they copy. */
const SHOWN = 5;

/** Characters of a text that is shown. */
const LONGEST = 500;
const brief = (text: string) =>
  visible(text.length > LONGEST ? `${text.slice(0, LONGEST).trimEnd()}…` : text);

/** The verdict, the counts behind it, what the model itself gave away, and the first copies. */
export function printAudit(ctx: Context, audit: ModelAudit): void {
  const say = (sentence: string) => ctx.print(wrap(visible(sentence), ctx.columns).join("\n"));
  const { extraction, checkpoints } = audit;
  say(audit.verdict);
  for (const note of audit.notes ?? []) say(inFlags(note));
  ctx.print();
  const rows = [
    ["these texts", audit],
    ["unseen real texts", audit.baseline],
    ["training texts", audit.training],
  ] as const;
  ctx.print(
    table(
      [{ header: "" }, right("copies"), right("whole"), right("near"), right("spans")],
      rows.flatMap(([name, rate]) => {
        if (!rate) return [];
        const { exact, near, span } = rate.kinds;
        return [[name, share(rate.copies, rate.n), ...[exact, near, span].map(formatCount)]];
      }),
      { width: ctx.columns },
    ),
  );
  if (extraction) {
    const { training, heldout, prefix } = extraction;
    ctx.print();
    say(
      `Given the first ${prefix} tokens, it completed word for word ${share(training.copies, training.n)} training texts and ${share(heldout.copies, heldout.n)} unseen ones.`,
    );
  }
  for (const { signals, reason } of leftOutByReason(audit.membership_left_out ?? []))
    say(`Left out of the membership signals: ${signals.join(", ")}. ${reason}`);
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
  ctx.print(`\n${ctx.style.bold("Along its training")}`);
  const columns = ["step", "copies", "completed", "unseen completed", "loss held out", "loss in training"];
  ctx.print(
    table(
      columns.map(right),
      checkpoints.map(({ step, copies, n, extraction, val_loss, train_loss }) => [
        formatCount(step),
        share(copies, n),
        ...[extraction?.training, extraction?.heldout].map((r) => (r ? share(r.copies, r.n) : "-")),
        val_loss?.toFixed(3) ?? "-",
        train_loss.toFixed(3),
      ]),
      { width: ctx.columns },
    ),
  );
}
