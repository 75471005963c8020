/** The loss of a training as it goes, with what guessing without reading costs. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Guesses, LogRow } from "punchline/web";

interface LossChartProps {
  readonly log: readonly LogRow[];
  readonly guesses: Guesses | undefined;
}

/** Most points that are drawn of a line. */
const MOST = 300;

export function LossChart({ log, guesses }: LossChartProps) {
  const place = useRef<HTMLDivElement>(null);
  /** As wide as its place, also after a telephone was turned. */
  const width = useSignal(0);
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      width.value = place.current?.clientWidth ?? 0;
    });
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    let current = true;
    draw(log, guesses, width.value || place.current!.clientWidth).then((svg) => {
      // Plot names its groups for screen readers; the picture as a whole has a name that says more.
      for (const named of svg.querySelectorAll("[aria-label]")) named.removeAttribute("aria-label");
      if (current) place.current?.replaceChildren(svg);
    });
    return () => {
      current = false;
    };
  }, [log, guesses, width.value]);
  return <div class="chart" ref={place} role="img" aria-label={lossInWords(log, guesses)} />;
}

/** The loss in words, for who does not see the chart. */
function lossInWords(log: readonly LogRow[], guesses: Guesses | undefined): string {
  const [first, last] = [log[0], log.at(-1)];
  if (!first || !last) return "No step is done yet.";
  const compared = guesses ? ` Guessing by frequency alone costs ${guesses.unigram.toFixed(2)}.` : "";
  return `The loss went from ${first.loss.toFixed(2)} to ${last.loss.toFixed(2)} nats per token in ${last.step} steps.${compared}`;
}

async function draw(log: readonly LogRow[], guesses: Guesses | undefined, width: number): Promise<Element> {
  const Plot = await import("@observablehq/plot");
  const every = Math.ceil(log.length / MOST);
  const shown = log.filter((_, i) => i % every === 0 || i === log.length - 1);
  const checked = log.filter((row) => row.val_loss !== undefined);
  const narrow = width < 480;
  const top = Math.max(1, guesses ? guesses.unigram + 0.4 : 0, ...shown.map(({ loss }) => loss));
  const end = (
    rows: readonly LogRow[],
    y: (row: LogRow) => number | undefined,
    name: string,
    fill: string,
  ) =>
    rows.length === 0
      ? []
      : [
          Plot.text([rows.at(-1)!], {
            x: "step",
            y,
            text: () => name,
            textAnchor: "start",
            dx: 6,
            fill,
            fontWeight: 600,
          }),
        ];
  return Plot.plot({
    width,
    height: narrow ? 240 : 300,
    marginRight: 78,
    marginLeft: 36,
    x: {
      label: "step",
      domain: [0, Math.max(10, log.at(-1)?.step ?? 10)],
      ticks: narrow ? 4 : 8,
      labelAnchor: "right",
    },
    y: { label: "nats per token", domain: [0, top], ticks: 5, grid: true },
    style: { color: "var(--muted)", background: "none" },
    marks: [
      ...(guesses
        ? [
            Plot.ruleY([guesses.unigram], { stroke: "var(--muted)", strokeDasharray: "2,3" }),
            Plot.text([guesses.unigram], {
              y: (level: number) => level,
              frameAnchor: "left",
              text: () => `guessing by frequency ${guesses.unigram.toFixed(2)}`,
              textAnchor: "start",
              dx: 6,
              dy: -8,
              fill: "var(--muted)",
            }),
          ]
        : []),
      Plot.line(shown, { x: "step", y: "loss", stroke: "var(--faint)", strokeWidth: 1.5 }),
      Plot.line(checked, { x: "step", y: "val_loss", stroke: "var(--accent)", strokeWidth: 2.5 }),
      ...(checked.length > 0
        ? end(
            checked,
            (row) => row.val_loss,
            `unseen ${checked.at(-1)!.val_loss!.toFixed(2)}`,
            "var(--accent)",
          )
        : end(shown, (row) => row.loss, "training", "var(--muted)")),
    ],
  });
}
