/** New or remembered? Texts looked up among those that a model learned from, beside real texts that it never saw. */
import { signal } from "@preact/signals";
import type { Likeness, LocatedText, NoveltyProgress, Novelty as Result, Span } from "punchline/web";
import {
  CLOSE,
  COPY,
  cueInWords,
  cueSentences,
  likenessInWords,
  likenessOf,
  markedParts,
  placeInWords,
  tellingNearest,
} from "punchline/web";
import { runFolder, shellWord, textsElsewhere } from "../state/elsewhere.ts";
import { call, isAbort, sentenceOf } from "../state/engine.ts";
import { setting } from "../state/route.ts";
import { chosen, runs } from "../state/runs.ts";
import { linesOf } from "../state/texts.ts";
import {
  Button,
  Choice,
  count,
  Field,
  number,
  Opening,
  Problem,
  Same,
  Section,
  SeedField,
  Slider,
} from "../ui/parts.tsx";
import { Along } from "./parts/along.tsx";
import { ModelChoice, NoModel } from "./parts/model-choice.tsx";
import "./novelty.css";

const TITLE = "New or remembered?";
/** Most letters of a text. */
const LENGTH = 240;
/** Texts that are shown at first, and with each "more". */
const SHOWN = 12;
/** Training texts of the same beginning beside one text, and stretches that are named below it. */
const BESIDE = 2;
/** Words up to which texts have nothing to mark: a stretch has five. */
const TELLING = 3;

const whose = setting("texts", "model");
const amount = setting("amount", "100");
const temperature = setting("novelty-temperature", "0.8");
const seed = setting("novelty-seed", "0");
const prompt = signal("");
const pasted = signal("");

const result = signal<{ readonly run: string; readonly own: boolean; readonly found: Result } | undefined>(
  undefined,
);
const progress = signal<NoveltyProgress | undefined>(undefined);
const problem = signal<string | undefined>(undefined);
const only = signal<Likeness | "all">("all");
const shown = signal(SHOWN);
let controller: AbortController | undefined;

async function lookUp(): Promise<void> {
  const run = chosen.value;
  if (run === undefined) return;
  controller?.abort();
  const own = new AbortController();
  controller = own;
  const byModel = whose.value === "model";
  problem.value = undefined;
  result.value = undefined;
  only.value = "all";
  shown.value = SHOWN;
  progress.value = { phase: "writing", done: 0, total: 1 };
  const request = byModel
    ? {
        n: Number(amount.value),
        prompt: prompt.value,
        temperature: Number(temperature.value),
        seed: Number(seed.value),
        maxLength: LENGTH,
      }
    : { texts: linesOf(pasted.value) };
  try {
    const found = await call(
      "novelty",
      { run, ...request },
      {
        signal: own.signal,
        onEvent: (event) => {
          if (controller === own) progress.value = event;
        },
      },
    );
    if (controller === own) result.value = { run, own: byModel, found };
  } catch (error) {
    if (controller === own && !isAbort(error)) problem.value = sentenceOf(error);
  }
  if (controller === own) progress.value = undefined;
}

export function Novelty() {
  if (runs.value.length === 0) return <NoModel title={TITLE} />;
  const byModel = whose.value === "model";
  // What was found of other texts, or with another model, is not of what is asked now.
  const isAsked = result.value?.own === byModel && result.value.run === chosen.value;
  const shownResult = isAsked ? result.value : undefined;
  return (
    <>
      <Opening title={TITLE}>
        A model makes texts up, or says again what it learned by heart. Look texts up among those that it
        learned from.
      </Opening>
      <div class="fields">
        <ModelChoice />
        <Choice
          legend="Which texts"
          value={whose}
          options={[
            { value: "model", name: "New ones of this model", hint: "It writes them now" },
            { value: "mine", name: "Mine", hint: "From anywhere: paste them" },
          ]}
        />
      </div>
      {byModel ? (
        <div class="fields">
          <Field label="How many" value={amount} type="number" min={1} max={1000} step={1} />
          <Field label="Begin with" value={prompt} />
          <Slider label="Temperature" value={temperature} min={0} max={2} step={0.1} />
          <SeedField value={seed} />
        </div>
      ) : (
        <div class="field">
          <label for="looked-up">Texts, one a line</label>
          <textarea
            id="looked-up"
            value={pasted.value}
            onInput={({ currentTarget }) => {
              pasted.value = currentTarget.value;
            }}
          />
        </div>
      )}
      <div class="actions">
        <Button kind="main" onClick={lookUp} disabled={!byModel && pasted.value.trim() === ""}>
          {byModel ? "Write and look up" : "Look them up"}
        </Button>
        {progress.value && <Button onClick={() => controller?.abort()}>Stop</Button>}
      </div>
      <Progress />
      <Problem sentence={problem.value} />
      {shownResult && <Verdict {...shownResult} />}
      {shownResult && shownResult.found.samples.length > 0 && <Texts found={shownResult.found} />}
      {byModel && (
        <Along
          options={{
            n: Number(amount.value),
            prompt: prompt.value,
            temperature: Number(temperature.value),
            seed: Number(seed.value),
            maxLength: LENGTH,
          }}
        />
      )}
      <Same {...sameElsewhere(byModel)} />
    </>
  );
}

/** The same at the command line and in a program. */
function sameElsewhere(byModel: boolean): { readonly command: string; readonly code: string } {
  const folder = runFolder(chosen.value);
  if (!byModel)
    return {
      command: `punchline novelty mine.txt --data ${textsElsewhere().source}`,
      code: `import { readFile } from "node:fs/promises";\nimport { auditModel, prepareLike } from "punchline";\n\nconst texts = (await readFile("mine.txt", "utf8")).split("\\n");\nconst audit = await auditModel(texts, { data: await prepareLike(${JSON.stringify(folder)}), everywhere: true });\nconsole.log(audit.verdict);`,
    };
  const asked = {
    n: Number(amount.value),
    ...(prompt.value === "" ? {} : { prompt: prompt.value }),
    temperature: Number(temperature.value),
    seed: Number(seed.value),
  };
  const begun = prompt.value === "" ? "" : ` --prompt ${shellWord(prompt.value)}`;
  return {
    command: `punchline novelty ${shellWord(folder)} -n ${amount.value}${begun} --temperature ${temperature.value} --seed ${seed.value} --checkpoints`,
    code: `import { auditModel, openLocal, prepareLike } from "punchline";\n\nconst lm = await openLocal(${JSON.stringify(folder)});\nconst samples = await lm.sample(${JSON.stringify(asked)});\nconst data = await prepareLike(${JSON.stringify(folder)});\nconst audit = await auditModel(samples.map(({ prompt, text }) => prompt + text), { data, lm });\nconsole.log(audit.verdict);`,
  };
}

function Progress() {
  const now = progress.value;
  if (!now) return null;
  const { phase, done, total } = now;
  return (
    <>
      <p class="note" role="status">
        {phase === "writing" ? "Writing" : "Looking up"}
      </p>
      <progress
        aria-label="Progress"
        {...(phase === "auditing" ? { value: done, max: Math.max(1, total) } : {})}
      />
    </>
  );
}

interface VerdictProps {
  readonly run: string;
  readonly own: boolean;
  readonly found: Result;
}

/** The answer to the question of the room, of what the model wrote and of texts of one's own; of too few the verdict is the answer. */
const answers: Readonly<Partial<Record<Result["finding"], readonly [written: string, given: string]>>> = {
  more: ["It repeats texts by heart.", "These repeat texts that it learned from."],
  alike: ["It makes its texts up; some are like real ones by chance.", "These are as new as texts can be."],
  fewer: ["It makes its texts up.", "These are new."],
};

/** Whether beginnings of so many words, and what follows them, say anything: names are shorter than that. */
const hasBeginnings = (samples: Result["samples"], words: number): boolean =>
  2 * samples.filter(({ text }) => text.trim().split(/\s+/).length > words).length > samples.length;

function Verdict({ run, own, found }: VerdictProps) {
  const { baseline, verdict, cues, notes, empty, indexed, samples, finding } = found;
  const answer = samples.length > 0 ? answers[finding]?.[own ? 0 : 1] : undefined;
  return (
    <Section title="The verdict">
      <p class="said verdict-said" role="status">
        {answer && <b>{answer} </b>}
        {verdict}
      </p>
      <dl class="rates">
        <Rate name={own ? `Copies among what ${run} wrote` : "Copies among your texts"} of={found} lead />
        <Rate name="Among real texts that it never saw" of={baseline} />
      </dl>
      <p class="note">
        Looked up among {count(indexed, "text")}. A text counts as a copy if it is there word for word, if the
        nearest there is at least {percentage(COPY.near)} alike, or if at least {percentage(COPY.span)} of its
        words are in long stretches taken from there. Real texts resemble each other too, so the share of
        copies says something only beside that of texts which the model cannot have learned. The thin line
        shows how far chance alone may move the share (95 % interval).
      </p>
      {cues && hasBeginnings(samples, cues.words) && <p class="note">{cueSentences(cues)}</p>}
      {notes.map((note) => (
        <p class="note" key={note}>
          {note}
        </p>
      ))}
      {empty > 0 && (
        <p class="note">
          {count(empty, "text")} without a word {empty === 1 ? "is" : "are"} left out.
        </p>
      )}
    </Section>
  );
}

interface RateProps {
  readonly name: string;
  readonly of: Pick<Result, "copies" | "n" | "rate" | "interval">;
  readonly lead?: boolean;
}

function Rate({ name, of: { copies, n, rate, interval }, lead = false }: RateProps) {
  const [low, high] = interval;
  return (
    <div class={lead ? "lead" : undefined}>
      <dt>{name}</dt>
      <dd>
        <span class="track" aria-hidden="true">
          <i style={{ width: percent(rate ?? 0) }} />
          {n > 0 && <b style={{ left: percent(low), width: percent(high - low) }} />}
        </span>
        {n === 0 ? "there are none" : `${number(copies)} of ${number(n)}`}
      </dd>
    </div>
  );
}

const percentage = (share: number): string => `${Math.round(100 * share)} %`;

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

const likenesses = ["copy", "close", "known", "new"] as const satisfies readonly Likeness[];

function Texts({ found: { samples } }: { readonly found: Result }) {
  const kinds = samples.map(likenessOf);
  const of = (kind: Likeness) => kinds.filter((one) => one === kind).length;
  const listed = samples.filter((_, i) => only.value === "all" || kinds[i] === only.value);
  const offered = [
    { kind: "all" as const, name: "All", n: samples.length },
    ...likenesses.map((kind) => ({ kind, name: likenessInWords[kind], n: of(kind) })),
  ].filter(({ n }) => n > 0);
  return (
    <Section title="The texts">
      <fieldset class="filter">
        <legend class="unseen">Show</legend>
        {offered.map(({ kind, name, n }) => (
          <button
            key={kind}
            type="button"
            aria-pressed={only.value === kind}
            onClick={() => {
              only.value = kind;
              shown.value = SHOWN;
            }}
          >
            {name} <span class="quiet">{number(n)}</span>
          </button>
        ))}
      </fieldset>
      <ol class="looked-up" aria-label="Texts that were looked up">
        {listed.slice(0, shown.value).map((sample, i) => (
          <LookedUp key={i} sample={sample} />
        ))}
      </ol>
      {listed.length > shown.value && (
        <div class="actions">
          <Button
            onClick={() => {
              shown.value += SHOWN;
            }}
          >
            Show {Math.min(SHOWN, listed.length - shown.value)} more
          </Button>
        </div>
      )}
      {hasBeginnings(samples, TELLING) && (
        <p class="note">
          <mark>Marked</mark>: five words or more that are word for word in the texts it learned from, and in
          those the beginning that both share.
        </p>
      )}
      {of("close") > 0 && <p class="note">“Close”: the nearest is at least {CLOSE * 100} % alike.</p>}
    </Section>
  );
}

function LookedUp({ sample }: { readonly sample: LocatedText }) {
  const likeness = likenessOf(sample);
  const nearest = tellingNearest(sample);
  const begun = sample.cue_matches.filter(({ source }) => source !== nearest?.source).slice(0, BESIDE);
  return (
    <li>
      <div>
        <Marked text={sample.text} spans={sample.spans} />
        <p class="note">
          <b class={`verdict ${likeness}`}>{likenessInWords[likeness]}</b>
          {likeness === "known" && sample.place !== undefined && `: ${placeInWords(sample.place)}`}
        </p>
        {!sample.copy &&
          sample.spans.slice(0, BESIDE).map((span) => (
            <p class="note" key={span.start}>
              “{sample.text.slice(span.start, span.end).trim()}” is in {placeInWords(span.place)}
            </p>
          ))}
      </div>
      <div class="real">
        {nearest && (
          <>
            <Marked text={nearest.text} spans={[]} />
            <p class="note">
              {sample.copy && nearest.similarity === 1
                ? "The same"
                : `Nearest, ${Math.round(100 * nearest.similarity)} % alike`}
              : {placeInWords(nearest.place)}
            </p>
          </>
        )}
        {begun.length > 0 && <p class="note">{cueInWords(sample)}:</p>}
        {begun.map(({ source, text, in_text: [start, end], place }) => (
          <div key={source}>
            <Marked text={text} spans={[{ start, end }]} />
            <p class="note">{placeInWords(place)}</p>
          </div>
        ))}
        {!nearest && begun.length === 0 && (
          <p class="note">
            {sample.same_cue_count > 0 ? cueInWords(sample) : "None is close to it, and none begins like it."}
          </p>
        )}
      </div>
    </li>
  );
}

function Marked({ text, spans }: { readonly text: string; readonly spans: readonly Span[] }) {
  const cut = text.length - text.trimStart().length;
  const parts = markedParts(
    text.trim(),
    spans.map(({ start, end }) => ({ start: start - cut, end: end - cut })),
  );
  return (
    <p class="said">{parts.map(({ text, marked }, i) => (marked ? <mark key={i}>{text}</mark> : text))}</p>
  );
}
