/** Copies during training, above the validation loss of the same steps: two panels, one time axis. */
import type { Rate } from "../../evaluate/intervals.ts";
import type { SnapshotAudit } from "../../evaluate/novelty/audit-model.ts";
import { nats, percent } from "../format.ts";
import { type Html, html } from "../html.ts";
import { type Line, linesChart } from "./lines.ts";

export interface MemorisationChart {
  readonly id: string;
  readonly points: readonly SnapshotAudit[];
}

interface Curve extends Pick<Line, "tone"> {
  readonly label: string;
  /** Undefined where the point has no such value. */
  readonly value: (p: SnapshotAudit) => number | null | undefined;
}

const inPercent = (rate: Rate | undefined) => (rate?.rate == null ? undefined : 100 * rate.rate);

const copied: readonly Curve[] = [
  { label: "samples", tone: "lead", value: (p) => inPercent(p) },
  { label: "completed", tone: "ink", value: (p) => inPercent(p.extraction?.training) },
  { label: "unseen", value: (p) => inPercent(p.extraction?.heldout) },
];
const losses: readonly Curve[] = [
  { label: "held out", tone: "ink", value: (p) => p.val_loss },
  { label: "training", value: (p) => p.train_loss },
];

export function memorisationChart({ id, points }: MemorisationChart): Html {
  const steps = points.map((p) => p.step);
  const domain = [Math.min(...steps), Math.max(...steps)];
  const panel = (name: string, unit: string, curves: readonly Curve[], write: (v: number) => string) => {
    const drawn = curves
      .map(({ value, ...line }) => ({
        ...line,
        points: points.flatMap((p) => {
          const y = value(p);
          return y === undefined || y === null ? [] : [{ x: p.step, y }];
        }),
      }))
      .filter((line) => line.points.length > 0);
    const top = name === "copies";
    const values = drawn.flatMap((line) => line.points.map(({ y }) => y));
    return linesChart({
      id: `${id}-${name}`,
      title: `${unit} along training`,
      description: `${drawn.map((line) => `${line.label}: ${line.points.map(({ x, y }) => `step ${x}: ${write(y)}`).join("; ")}`).join(". ")}.`,
      lines: drawn,
      x: { domain, ...(top ? { axis: null } : { label: "training step" }) },
      y: {
        label: unit,
        nice: true,
        domain: top ? [0, Math.max(2, ...values)] : [Math.min(...values), Math.max(...values)],
      },
      height: top ? [170, 170] : [200, 200],
      nameRoom: [84, 76],
    });
  };
  return html`<div class="panels">${[
    panel("copies", "% copied", copied, (v) => percent(v / 100)),
    panel("loss", "loss, nats per token", losses, nats),
  ]}</div>`;
}
