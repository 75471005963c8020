/** The validation losses of several models, by seconds or by characters read. */
import type { LearningPoint } from "../../compare/architectures.ts";
import { bits } from "../format.ts";
import type { Html } from "../html.ts";
import { type Line, linesChart } from "./lines.ts";

export interface LearningCurvesChart {
  readonly id: string;
  readonly models: readonly { readonly model: string; readonly curve: readonly LearningPoint[] }[];
  readonly against: "seconds" | "characters";
}

export function learningCurvesChart({ id, models, against }: LearningCurvesChart): Html {
  // A model that overfits rises again; the weights of its lowest point are kept.
  const lowest = models.map((m) => Math.min(...m.curve.map((p) => p.bits_per_character)));
  const best = lowest.indexOf(Math.min(...lowest));
  const all: readonly Line[] = models.map((m, i) => ({
    label: m.model,
    points: m.curve.map((p) => ({ x: p[against], y: p.bits_per_character })),
    tone: i === best ? "lead" : "quiet",
  }));
  // The first points are near ln V for every model; the differences are below.
  const values = all.flatMap((l) => l.points.map((p) => p.y));
  const domain: [number, number] = [Math.floor(Math.min(...values) * 4) / 4, Math.max(...values)];
  return linesChart({
    id,
    title: `Validation bits per character against ${against === "seconds" ? "seconds of training" : "characters read"}`,
    description: `${models.map((m, i) => `${m.model} comes down to ${bits(lowest[i])}`).join("; ")}.`,
    lines: all,
    x:
      against === "seconds"
        ? { label: "seconds of training" }
        : { label: "characters read", tickFormat: "~s" },
    y: { label: "bits per character", domain },
    nameRoom: [112, 98],
    dots: false,
  });
}
