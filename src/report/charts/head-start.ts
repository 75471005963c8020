/** What pre-training is worth: validation losses of a fine-tuned model and of the same network from scratch, by time. */
import type { LogRow } from "../../train/events.ts";
import { bits, duration } from "../format.ts";
import type { Html } from "../html.ts";
import { linesChart, type Point } from "./lines.ts";

/** One of the two: its log, and its loss before the first step, in bits per byte. */
interface Learner {
  readonly log: readonly LogRow[];
  readonly start: number;
}

export interface HeadStartChart {
  readonly id: string;
  readonly tuned: Learner;
  readonly scratch: Learner;
  /** Bits per byte of the validated texts for each nat per token of the logs. */
  readonly bitsPerNat: number;
}

export function headStartChart({ id, tuned, scratch, bitsPerNat }: HeadStartChart): Html {
  const points = ({ log, start }: Learner): readonly Point[] => [
    { x: 0, y: start },
    ...log.flatMap(({ seconds, val_loss }) =>
      val_loss === undefined ? [] : [{ x: seconds, y: val_loss * bitsPerNat }],
    ),
  ];
  const [first, second] = [points(tuned), points(scratch)];
  const course = (name: string, of: readonly Point[]) =>
    `${name} goes from ${bits(of[0]?.y)} per byte to ${bits(Math.min(...of.map((p) => p.y)))} at best, in ${duration(of.at(-1)?.x)}`;
  return linesChart({
    id,
    title: "Validation loss on the jokes against seconds of training",
    description: `${course("The pre-trained model", first)}; ${course("the same network from scratch", second)}.`,
    lines: [
      { label: "pre-trained", points: first, tone: "lead" },
      { label: "from scratch", points: second, tone: "ink" },
    ],
    x: {
      label: "seconds of training on the jokes",
      domain: [0, Math.max(1, ...[...first, ...second].map((p) => p.x))],
    },
    y: { label: "bits per byte" },
    nameRoom: [104, 88],
    dots: false,
  });
}
