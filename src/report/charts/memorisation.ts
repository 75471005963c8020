/** Copies along training, above the validation loss of the same steps: two panels, one time axis. */
import { nats, percent } from "../format.ts";
import { type Html, html } from "../html.ts";
import { chart } from "./draw.ts";
import { lines } from "./lines.ts";

export interface MemorisationPoint {
  readonly step: number;
  /** Share of samples that are copies of training jokes. */
  readonly rate: number;
  /** Nats per token. */
  readonly val_loss: number;
}

export interface MemorisationChart {
  readonly id: string;
  readonly points: readonly MemorisationPoint[];
}

export function memorisationChart({ id, points }: MemorisationChart): Html {
  const steps = points.map((p) => p.step);
  const x = { domain: [Math.min(...steps), Math.max(...steps)] };
  const panel = (
    name: string,
    label: string,
    unit: string,
    y: (p: MemorisationPoint) => number,
    lead: boolean,
  ) =>
    chart({
      id: `${id}-${name}`,
      title: `${unit} along training`,
      description: `${points.map((p) => `step ${p.step}: ${name === "copies" ? percent(p.rate) : nats(p.val_loss)}`).join("; ")}.`,
      draw: (place) =>
        lines(
          {
            lines: [
              { label, points: points.map((p) => ({ x: p.step, y: y(p) })), tone: lead ? "lead" : "ink" },
            ],
            x: { ...x, ...(lead ? { axis: null } : { label: "training step" }) },
            y: { label: unit, nice: true, ...(lead ? { domain: [0, Math.max(2, ...points.map(y))] } : {}) },
            height: lead ? 170 : 200,
            nameRoom: [84, 70],
          },
          place,
        ),
    });
  return html`<div class="panels">${[
    panel("copies", "copies", "% of samples copied", (p) => p.rate * 100, true),
    panel("loss", "validation", "validation loss, nats", (p) => p.val_loss, false),
  ]}</div>`;
}
