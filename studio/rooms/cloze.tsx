/** GPT or BERT? What each says of the same blank, whether words after it matter, what it looks at, and how fast it is. */
import { computed, signal } from "@preact/signals";
import { continuations, defaultText } from "punchline/web";
import { milliseconds, percent, wordOfToken } from "../../src/report/format.ts";
import { shellWord } from "../state/elsewhere.ts";
import { call, isAbort, sentenceOf } from "../state/engine.ts";
import { busy as training } from "../state/runs.ts";
import { Button, Field, Opening, Problem, Same, Section } from "../ui/parts.tsx";
import type { ClozeAnswer, StudioCalls } from "../worker/calls.ts";
import { Attention } from "./parts/attention.tsx";
import "./cloze.css";

const texts = [
  { name: "The fable", text: defaultText },
  { name: "One sentence", text: "The fox had to jump high in the [MASK]." },
] as const;

const text = signal<string>(defaultText);
/** What is under way, in words. */
const stage = signal<string | undefined>(undefined);
const problem = signal<string | undefined>(undefined);
const answers = signal<readonly ClozeAnswer[]>([]);
/** The text that they are of. */
const askedOf = signal("");
/** The words after the blank as they were when the models were asked, and as they are now. */
const first = signal("");
const right = signal("");
const changes = signal<StudioCalls["clozeRight"]["result"]>([]);
const times = signal<StudioCalls["clozeTimes"]["result"] | undefined>(undefined);
/** Share of the timing that is done. */
const timed = signal<number | undefined>(undefined);
const working = computed(() => stage.value !== undefined || timed.value !== undefined);
let timing: AbortController | undefined;

/** Timed runs of each case. */
const RUNS = 10;

async function guarded(work: () => Promise<void>): Promise<void> {
  problem.value = undefined;
  try {
    await work();
  } catch (error) {
    if (!isAbort(error)) problem.value = sentenceOf(error);
  }
}

/** Counts what other words were asked about: only the answer to the last is shown, and none of a text before. */
let latest = 0;
/** Milliseconds without a letter typed, after which the models are asked. */
const PAUSE = 200;

const ask = () =>
  guarded(async () => {
    const asked = text.value;
    latest++;
    stage.value = "Asking";
    try {
      answers.value = await call(
        "cloze",
        { text: [asked] },
        {
          onEvent: (now) => {
            stage.value = now;
          },
        },
      );
    } finally {
      stage.value = undefined;
    }
    askedOf.value = asked;
    first.value = answers.value.find(({ kind }) => kind === "masked")?.text.split("[MASK]")[1] ?? "";
    right.value = first.value.trimStart();
    latest++;
    changes.value = [];
    times.value = undefined;
  });

/** Other words after the blank; only what was typed last is asked and shown. */
const change = (words: string) =>
  guarded(async () => {
    right.value = words;
    const own = ++latest;
    await new Promise((resume) => setTimeout(resume, PAUSE));
    if (own !== latest) return;
    const now = await call("clozeRight", { right: /^[\p{P}\s]|^$/u.test(words) ? words : ` ${words}` });
    if (own === latest) changes.value = now;
  });

const time = () =>
  guarded(async () => {
    timing = new AbortController();
    timed.value = 0;
    try {
      times.value = await call(
        "clozeTimes",
        { runs: RUNS },
        {
          signal: timing.signal,
          onEvent: (done) => {
            timed.value = done;
          },
        },
      );
    } finally {
      timed.value = undefined;
    }
  });

export function Cloze() {
  return (
    <>
      <Opening title="GPT or BERT?">
        A GPT reads from left to right and says what comes next. A BERT reads the whole text, both ways, and
        says what belongs in a blank. Give both the same text.
      </Opening>
      <div class="field">
        <label for="cloze-text">The text, with [MASK] for the blank</label>
        <textarea
          id="cloze-text"
          value={text.value}
          onInput={({ currentTarget }) => {
            text.value = currentTarget.value;
          }}
        />
      </div>
      <div class="actions">
        <Button kind="main" onClick={ask} disabled={working.value}>
          Ask both
        </Button>
        {texts.map(({ name, text: given }) => (
          <Button
            key={name}
            disabled={working.value}
            onClick={() => {
              text.value = given;
              ask();
            }}
          >
            {name}
          </Button>
        ))}
      </div>
      <p class="note" role="status">
        {stage.value ??
          (answers.value.length === 0
            ? "The two built-in models, punchline-gpt2 and punchline-bert, are 22 MB, and are loaded when they are first asked."
            : text.value === askedOf.value
              ? ""
              : "The answers below are of the text as it was. Ask both again.")}
      </p>
      <Problem sentence={problem.value} />
      {answers.value.length > 0 && (
        <>
          <Answers />
          <Section title="What each looks at">
            <p class="note">
              A model looks at a text in several ways at once, called heads: each small picture is one. A row
              is a word or a piece of one, a column one that it looks at; the stronger the colour, the more.
              BERT fills a square. GPT fills a triangle, since its words look only back. Choose a head, then a
              word.
            </p>
            <div class="columns pair">
              {answers.value.map(({ name, attention }) => (
                <div key={name}>
                  <h3>{name}</h3>
                  {typeof attention === "string" ? (
                    <p class="note">{attention}</p>
                  ) : (
                    <Attention name={name} heads={attention.heads!} />
                  )}
                </div>
              ))}
            </div>
          </Section>
          <Speed />
        </>
      )}
      <Same
        command={`punchline compare punchline-gpt2 punchline-bert --text ${shellWord(text.value)} --page compare.html`}
        code={`import { compareModels } from "punchline";\n\nconst { models, answers } = await compareModels(["punchline-gpt2", "punchline-bert"], {\n  text: ${JSON.stringify(text.value)},\n  heads: true,\n});\nconsole.log(models[1].predictions, models[1].right_context_effect, answers);`}
      />
    </>
  );
}

/** What each says, and what becomes of it when the words after the blank change. */
function Answers() {
  const changed = changes.value.length > 0 && right.value !== first.value.trimStart();
  const shares = answers.value.map(
    ({ predictions }, i) =>
      changes.value[i]?.predictions ?? predictions.map((one) => ({ ...one, before: one.probability })),
  );
  // One scale for both models, whose bars lie side by side.
  const most = Math.max(...shares.flat().flatMap((one) => [one.probability, one.before]));
  const width = (share: number) => `${(100 * share) / most}%`;
  return (
    <Section title="What belongs in the blank?">
      <Field
        label="After the blank comes"
        value={right}
        hint="BERT reads these words, GPT stops before them: change one, or choose others below, and see whose answer moves"
        onInput={change}
      />
      <div class="actions">
        {continuations.map((words) => (
          <Button key={words} onClick={() => change(words.trimStart())}>
            {words.trimStart()}
          </Button>
        ))}
        {changed && <Button onClick={() => change(first.value.trimStart())}>As it was</Button>}
      </div>
      <div class="columns pair">
        {answers.value.map(({ name, kind, text: read, predictions }, i) => {
          const moved = changes.value[i];
          const shown = shares[i]!;
          return (
            <div key={name}>
              <h3>
                {name} <span class="quiet">{kind === "masked" ? "fills the blank" : "goes on"}</span>
              </h3>
              <p class="note">
                Reads “{ending(read.split("[MASK]")[0]!)}
                {kind === "masked" && (
                  <>
                    {" "}
                    <mark>blank</mark>
                    {right.value === "" || /^\p{P}/u.test(right.value) ? "" : " "}
                    {right.value}
                  </>
                )}
                ”
              </p>
              <ol class="bars words" aria-label={`Likeliest words of ${name}`}>
                {shown.map(({ id, token, probability, before }) => (
                  <li key={id} class={kind === "masked" ? "drawn" : ""}>
                    <b>{wordOfToken(token)}</b>
                    <span class="track">
                      <i style={{ width: width(probability) }} />
                      {changed && <u style={{ left: width(before) }} />}
                    </span>
                    <span>{percent(probability)}</span>
                  </li>
                ))}
              </ol>
              <p class="verdict" role="status">
                {moved && changed
                  ? movedInWords(moved.distance, kind, predictions[0]!.token, shown[0]!.token)
                  : ""}
              </p>
            </div>
          );
        })}
      </div>
      {changed && (
        <p class="note">
          A thin line shows where each word was before. How far an answer moves is the total variation
          distance of all its probabilities: 0 % is no change, 100 % an entirely different answer.
        </p>
      )}
    </Section>
  );
}

/** Distances below this are the rounding of sums in another order. */
const ROUNDING = 1e-4;

function movedInWords(distance: number, kind: ClozeAnswer["kind"], was: string, is: string): string {
  if (distance < ROUNDING)
    return kind === "masked" ? "Does not move." : "Does not move: it cannot see what comes after the blank.";
  const [before, after] = [wordOfToken(was), wordOfToken(is)];
  const likeliest =
    before === after
      ? `“${after}” is still the likeliest`
      : `“${before}” was the likeliest, now it is “${after}”`;
  return `Moves by ${percent(distance)}: ${likeliest}.`;
}

/** The end of a long text. */
const ending = (read: string): string =>
  (read.length > 90 ? `… ${read.slice(-80).replace(/^\S*\s/, "")}` : read).trimEnd();

function Speed() {
  const found = times.value;
  return (
    <Section title="Which is faster, on this device?">
      <p class="note">
        It depends on what is asked. Each case runs {RUNS} times, all cases of both models in turn, so that
        what slows this device down slows both.
      </p>
      <div class="actions">
        {timed.value === undefined ? (
          <Button onClick={time} disabled={working.value || training.value}>
            Time both
          </Button>
        ) : (
          <Button onClick={() => timing?.abort()}>Stop</Button>
        )}
        {training.value && <span class="note">A training is under way and would be in the times.</span>}
      </div>
      {timed.value !== undefined && (
        <progress aria-label="Progress of the timing" value={timed.value} max={1} />
      )}
      {found && (
        <>
          <dl class="answers">
            {found.answers.map(({ sense, sentence }) => (
              <div key={sense}>
                <dt>{sense}</dt>
                <dd>{sentence}</dd>
              </div>
            ))}
          </dl>
          <Times found={found} />
          {found.notes.map((sentence) => (
            <p class="note" key={sentence}>
              {sentence}
            </p>
          ))}
        </>
      )}
      {answers.value
        .flatMap(({ notes }) => notes)
        .map((sentence) => (
          <p class="note" key={sentence}>
            {sentence}
          </p>
        ))}
    </Section>
  );
}

function Times({ found: { timings } }: { readonly found: StudioCalls["clozeTimes"]["result"] }) {
  const cases = [...new Set(timings.map((one) => one.case))];
  const models = [...new Set(timings.map(({ model }) => model))];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that is wider than the page is scrolled with the keyboard too
    <section class="scroll" aria-label="Times" tabIndex={0}>
      <table>
        <caption>Median, and in brackets the time that 95 of 100 runs keep within</caption>
        <thead>
          <tr>
            <th scope="col">Case</th>
            {models.map((model) => (
              <th key={model} scope="col">
                {model}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cases.map((name) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {models.map((model) => {
                const one = timings.find((timing) => timing.case === name && timing.model === model);
                return (
                  <td key={model}>
                    {one ? `${milliseconds(one.p50_ms)} (${milliseconds(one.p95_ms)})` : "–"}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
