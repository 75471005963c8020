/** A training under way, or one that is over. */
import type { RunView } from "../../state/runs.ts";
import { LossChart } from "../../ui/loss-chart.tsx";
import { number, Section } from "../../ui/parts.tsx";
import { timeLeft } from "../../ui/time-left.ts";

const phases: Readonly<Record<RunView["phase"], string>> = {
  starting: "Preparing",
  training: "Training",
  stopping: "Stopping after this step",
  paused: "Stopped; it can go on",
  done: "Done",
  failed: "Stopped",
};

interface WatchedProps {
  readonly view: RunView;
  /** What the model reads and writes one of after the other. Default: letters. */
  readonly unit?: string;
}

/** A training: its loss, and what it writes on the way. */
export function Watched({ view: shown, unit = "letters" }: WatchedProps) {
  const { log, samples, guesses, planned, secondsLeft, parameters, phase, prepared, device } = shown;
  const last = log.at(-1);
  const one = unit === "letters" ? "letter" : "piece";
  const running = phase === "starting" || phase === "training" || phase === "stopping";
  return (
    <div class="columns lead">
      <Section title={`${shown.run}: loss`}>
        <p class="note" role="status">
          {phases[phase]}
          {prepared !== undefined ? ` the texts, ${Math.floor(prepared * 100)} %` : ""}
          {parameters ? `, ${number(parameters)} numbers to learn` : ""}
          {last ? `, ${number(Math.round(last.tokens_per_s))} ${unit} a second` : ""}
          {running && secondsLeft !== undefined ? `, ${timeLeft(secondsLeft)}` : ""}
        </p>
        {running && (
          <progress
            aria-label="Progress of the training"
            {...(planned && last ? { value: Math.min(1, last.step / planned), max: 1 } : {})}
          />
        )}
        {device && <p class="note">{device}</p>}
        <LossChart log={log} guesses={guesses} unit={one} />
        <p class="note">
          The loss says how surprised the model is by the next {one}: lower is better. The coloured line is
          that of texts which were kept aside, the grey one of those it learns from.
          {guesses && ` Below the dotted line it knows more than how often each ${one} occurs.`}
        </p>
      </Section>
      <Section title="What it writes">
        {samples.length === 0 ? (
          <p class="note">
            {running ? "The first text comes after the first step." : "It ended before its first text."}
          </p>
        ) : (
          <ol class="samples" aria-label="Texts along the training, the newest first">
            {samples
              .slice(-12)
              .reverse()
              .map(({ step, text }) => (
                <li key={step}>
                  <small>step {number(step)}</small>
                  <p class="said">{text.trim() === "" ? "(nothing)" : text}</p>
                </li>
              ))}
          </ol>
        )}
      </Section>
    </div>
  );
}
