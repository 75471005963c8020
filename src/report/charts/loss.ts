/** The loss curve: training, validation, and what guessing without reading would cost. */
import type { LogRow } from "../../train/events.ts";
import { decimal, nats } from "../format.ts";
import type { Html } from "../html.ts";
import { type Level, linesChart, type Point } from "./lines.ts";

export interface LossChart {
  readonly id: string;
  readonly log: readonly LogRow[];
  /** Losses, in nats per token, of guessing without reading. */
  readonly references?:
    | {
        /** Every token equally likely: ln V. */
        readonly uniform?: number | undefined;
        /** Every token as likely as it is frequent: the entropy of the training split's unigrams. */
        readonly unigram?: number | undefined;
      }
    | undefined;
  /** What a token is here: `character`, `word`, `token`. */
  readonly unit: string;
}

export function lossChart({ id, log, references = {}, unit }: LossChart): Html {
  const training: readonly Point[] = log
    .filter((r) => Number.isFinite(r.loss))
    .map((r) => ({ x: r.step, y: r.loss }));
  const validation: readonly Point[] = log.flatMap((r) =>
    r.val_loss === undefined ? [] : [{ x: r.step, y: r.val_loss }],
  );
  const level = (name: string, y: number | undefined): readonly Level[] =>
    y === undefined ? [] : [{ label: `${name} ${decimal(y, 2)}`, y }];
  const levels = [
    ...level("blind guess", references.uniform),
    ...level("guess by frequency", references.unigram),
  ];
  const top = Math.max(1, ...training.map((p) => p.y), ...levels.map((l) => l.y + 0.35));
  const last = validation.at(-1) ?? training.at(-1);
  return linesChart({
    id,
    title: `Loss in nats per ${unit} over training steps`,
    description:
      `Training loss falls from ${nats(training[0]?.y)} to ${nats(training.at(-1)?.y)} in ${training.at(-1)?.x ?? 0} steps; ` +
      `${validation.length > 0 ? "validation" : "training"} loss ends at ${nats(last?.y)}.` +
      levels.map((l) => ` For comparison: ${l.label}.`).join(""),
    lines: [
      { label: "training", points: training, tone: "quiet" },
      { label: "validation", points: validation, tone: "lead" },
    ],
    levels,
    x: { label: "training step" },
    y: { label: `nats per ${unit}`, domain: [0, top], nice: false },
    nameRoom: [76, 68],
    dots: false,
  });
}
