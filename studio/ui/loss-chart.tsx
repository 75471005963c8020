/** The loss of a training as it goes, with what guessing without reading costs. */
import type { Guesses, LogRow } from "punchline/web";
import { Chart, type Point } from "./chart.tsx";

interface LossChartProps {
  readonly log: readonly LogRow[];
  readonly guesses: Guesses | undefined;
  /** What is read one of after the other. */
  readonly unit: "letter" | "piece";
}

export function LossChart({ log, guesses, unit }: LossChartProps) {
  const learned = log.map(({ step, loss }): Point => [step, loss]);
  const unseen = log.flatMap(({ step, val_loss }): Point[] =>
    val_loss === undefined ? [] : [[step, val_loss]],
  );
  return (
    <Chart
      inWords={lossInWords(log, guesses, unit)}
      height={300}
      end={Math.max(10, log.at(-1)?.step ?? 10)}
      values={{
        name: `loss, in nats per ${unit}`,
        top: Math.max(
          1,
          guesses ? guesses.unigram + 0.4 : 0,
          ...learned.map(([, loss]) => loss),
          ...unseen.map(([, loss]) => loss),
        ),
        format: String,
      }}
      level={
        guesses && {
          value: guesses.unigram,
          name: `guessing by frequency ${guesses.unigram.toFixed(2)}`,
        }
      }
      lines={[
        { points: learned, kind: "quiet", name: unseen.length === 0 ? "training" : undefined },
        { points: unseen, kind: "lead", name: `unseen ${unseen.at(-1)?.[1].toFixed(2)}` },
      ]}
    />
  );
}

/** The loss in words, for who does not see the chart. */
function lossInWords(log: readonly LogRow[], guesses: Guesses | undefined, unit: string): string {
  const [first, last] = [log[0], log.at(-1)];
  if (!first || !last) return "No step is done yet.";
  const compared = guesses ? ` Guessing by frequency alone costs ${guesses.unigram.toFixed(2)}.` : "";
  return `The loss went from ${first.loss.toFixed(2)} to ${last.loss.toFixed(2)} nats per ${unit} in ${last.step} ${last.step === 1 ? "step" : "steps"}.${compared}`;
}
