/** A training under way, or one that is over. */
import { type RunView, runs } from "../../state/runs.ts";
import { LossChart } from "../../ui/loss-chart.tsx";
import { bestStep, isByHeart } from "../../ui/loss-words.ts";
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

/** What has become of it, for who does not read charts: whether it learns by heart, and which weights the run has. */
function Outcome({ view: { run, log, phase, guesses } }: { readonly view: RunView }) {
  const best = bestStep(log);
  const over = phase === "done" || phase === "paused";
  const keep = runs.value.find(({ name }) => name === run)?.record?.train.keep;
  return (
    <>
      {isByHeart(log, guesses?.unigram) && (
        <p class="note">
          <b>It is learning by heart:</b> its own texts surprise it less and less, those kept aside do not.
          More texts, or a shorter training, make it invent more.
        </p>
      )}
      {over && keep === "best" && best !== undefined && best !== log.at(-1)!.step && (
        <p class="note">
          The run has the weights of step {number(best)}, which texts that were kept aside surprised least: it
          writes as it did then.
        </p>
      )}
    </>
  );
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
          {phase === "starting" && prepared !== undefined
            ? ` the texts, ${Math.floor(prepared * 100)} %`
            : ""}
          {parameters
            ? `${running ? ", " : ". "}${number(parameters)} numbers${running ? " to learn" : ""}`
            : ""}
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
        <Outcome view={shown} />
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
