/** Copies along training, above the validation loss of the same steps: two panels, one time axis. */
import { nats, percent } from "../format.ts";
import { type Html, html } from "../html.ts";
import { chart } from "./draw.ts";
import { type Line, lines } from "./lines.ts";

export interface MemorisationPoint {
  readonly step: number;
  /** Share of samples that are copies of training texts. */
  readonly rate: number;
  /** Shares of texts that are completed word for word from their beginnings. */
  readonly extracted?: { readonly training: number; readonly heldout: number };
  /** Nats per token on held-out texts; null where none are held out. */
  readonly val_loss: number | null;
  /** On training texts. */
  readonly train_loss?: number;
}

export interface MemorisationChart {
  readonly id: string;
  readonly points: readonly MemorisationPoint[];
}

interface Curve extends Pick<Line, "tone" | "dashed"> {
  readonly label: string;
  /** Undefined where the point has no such value. */
  readonly value: (p: MemorisationPoint) => number | null | undefined;
}

const copied: readonly Curve[] = [
  { label: "samples", tone: "lead", value: (p) => 100 * p.rate },
  { label: "completed", tone: "ink", value: (p) => p.extracted && 100 * p.extracted.training },
  { label: "unseen", value: (p) => p.extracted && 100 * p.extracted.heldout },
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
    const most = Math.max(2, ...drawn.flatMap((line) => line.points.map(({ y }) => y)));
    return chart({
      id: `${id}-${name}`,
      title: `${unit} along training`,
      description: `${drawn.map((line) => `${line.label}: ${line.points.map(({ x, y }) => `step ${x}: ${write(y)}`).join("; ")}`).join(". ")}.`,
      draw: (place) =>
        lines(
          {
            lines: drawn,
            x: { domain, ...(top ? { axis: null } : { label: "training step" }) },
            y: { label: unit, nice: true, domain: top ? [0, most] : lossDomain(drawn) },
            height: top ? 170 : 200,
            nameRoom: [84, 76],
          },
          place,
        ),
    });
  };
  return html`<div class="panels">${[
    panel("copies", "% copied", copied, (v) => percent(v / 100)),
    panel("loss", "loss, nats per token", losses, nats),
  ]}</div>`;
}

function lossDomain(drawn: readonly Line[]): [number, number] {
  const values = drawn.flatMap((line) => line.points.map(({ y }) => y));
  return [Math.min(...values), Math.max(...values)];
}
