/** What pre-training is worth: validation losses of two models against the seconds of all their training. */
import type { LogRow } from "../../train/events.ts";
import { duration, nats } from "../format.ts";
import type { Html } from "../html.ts";
import { chart } from "./draw.ts";
import { lines, type Point } from "./lines.ts";

export interface HeadStartChart {
  readonly id: string;
  /** The model that was trained on other text for `from` seconds before. */
  readonly tuned: { readonly log: readonly LogRow[]; readonly from: number };
  readonly alone: { readonly log: readonly LogRow[] };
}

export function headStartChart({ id, tuned, alone }: HeadStartChart): Html {
  const points = (log: readonly LogRow[], from = 0): readonly Point[] =>
    log.flatMap(({ seconds, val_loss }) =>
      val_loss === undefined ? [] : [{ x: from + seconds, y: val_loss }],
    );
  const [first, second] = [points(tuned.log, tuned.from), points(alone.log)];
  return chart({
    id,
    title: "Validation loss on the jokes against seconds of training",
    description: `After ${duration(tuned.from)} of other text the jokes take the first model to ${nats(first.at(-1)?.y)}; the jokes alone take the second to ${nats(second.at(-1)?.y)} in ${duration(second.at(-1)?.x)}.`,
    draw: (place) =>
      lines(
        {
          lines: [
            { label: "novel, then jokes", points: first, tone: "lead" },
            { label: "jokes alone", points: second, tone: "ink" },
          ],
          x: {
            label: "seconds of training",
            domain: [0, Math.max(1, ...[...first, ...second].map((p) => p.x))],
          },
          y: { label: "nats per token" },
          nameRoom: [124, 104],
          dots: false,
        },
        place,
      ),
  });
}
