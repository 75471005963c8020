/** Fine-tune: the built-in GPT-2 reads one's own texts, and goes on with the same beginnings before and after. */
import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { beginningsOf } from "../state/beginnings.ts";
import { shellWord, textsElsewhere } from "../state/elsewhere.ts";
import { call, isAbort, placeOfRuns, sentenceOf } from "../state/engine.ts";
import type { GivenTexts } from "../state/kept-texts.ts";
import { goTo, setting } from "../state/route.ts";
import { busy, finetune, freeName, stop, view } from "../state/runs.ts";
import { given, linesOf, preparationOf } from "../state/texts.ts";
import { useOwnWords } from "../ui/own-words.ts";
import { Button, Choice, Opening, Problem, Same, Section } from "../ui/parts.tsx";
import { BaseChoice, base } from "./parts/base-choice.tsx";
import { BUILT_IN, placeOf } from "./parts/model-choice.tsx";
import { Watched } from "./parts/watched.tsx";
import "./finetune.css";

const minutes = setting("finetune-minutes", "1");
const weights = setting("finetune-weights", "all");
/** What was typed; undefined until something was. */
const typed = signal<string | undefined>(undefined);
/** One a line. */
const beginnings = computed(
  () => typed.value ?? ["The", ...beginningsOf(given.value?.view.first ?? [])].slice(0, 3).join("\n"),
);
const problem = signal<string | undefined>(undefined);

/** What a beginning went on with. */
interface Continued {
  readonly prompt: string;
  readonly before: readonly string[];
  readonly after?: readonly string[];
}
const continued = signal<readonly Continued[]>([]);
/** The run that they belong to. */
const tuned = signal<string | undefined>(undefined);

/** Whether the choices are on the screen: once they are made, they make way for what comes of them. */
const choosing = signal(true);
/** Whether the texts before and after are being made, the training between them included. */
const writing = signal(false);

const parts = [
  { value: "all", name: "All weights", hint: "Learns the most" },
  {
    value: "lora",
    name: "Adapters (LoRA)",
    hint: "A few added numbers are trained, the model's own stay: less memory, a small file",
  },
] as const;

const times = [
  { value: "0.25", name: "15 seconds", hint: "A first look" },
  { value: "1", name: "A minute", hint: "Enough for the form of the texts" },
  { value: "5", name: "5 minutes", hint: "For a few thousand texts" },
] as const;

/** As much a step in both ways: an answer is read with what it answers, in one row as a rule. */
const windowsOf = ({ view: { promptColumn } }: GivenTexts) =>
  promptColumn === undefined
    ? { seqLen: 32, batchSize: 4 }
    : ({ seqLen: 64, batchSize: 2, longTexts: "split" } as const);

/** Most beginnings that are written on. */
const MOST = 8;
/**
 * How they are written on: the same before and after, so that what changes is the model; and several times, as one text says
 * little of it.
 */
const written = { temperature: 0.7, seed: 1, maxLength: 24, n: 3 } as const;

async function writeOn(run: string, prompt: string): Promise<readonly string[]> {
  return (await call("sample", { run, prompt, ...written })).map(({ text }) => text);
}

async function begin(): Promise<void> {
  const texts = given.value;
  const asked = linesOf(beginnings.value);
  if (!texts) return;
  writing.value = true;
  choosing.value = false;
  problem.value = undefined;
  continued.value = [];
  const run = freeName(`gpt2-${texts.name}`);
  const from = base.value;
  tuned.value = run;
  const prompts = asked.slice(0, MOST);
  try {
    for (const prompt of prompts) {
      const before = await writeOn(from, prompt);
      continued.value = [...continued.value, { prompt, before }];
    }
    // Another room may have begun one since.
    if (busy.value) {
      problem.value = `${view.value?.run} is in training; fine-tune when that is done.`;
      return;
    }
    await finetune(run, {
      ...preparationOf(texts, { spellsAll: true }),
      base: from,
      train: {
        ...(weights.value === "lora" ? { lora: {} } : {}),
        maxMinutes: Number(minutes.value),
        // What it writes after the training is to be of all that it has read, also where that is learned by heart.
        keep: "last",
        checkpointSeconds: 30,
        samplePrompt: prompts[0] ?? "",
        logEvery: 1,
        ...windowsOf(texts),
        validationTokens: 256,
      },
    });
    if (view.value?.problem !== undefined) return;
    for (const [i, prompt] of prompts.entries()) {
      const after = await writeOn(run, prompt);
      continued.value = continued.value.map((row, k) => (k === i ? { ...row, after } : row));
    }
  } catch (error) {
    if (!isAbort(error)) problem.value = sentenceOf(error);
  } finally {
    writing.value = false;
  }
}

export function Finetune() {
  useEffect(() => {
    if (!writing.peek()) choosing.value = true;
  }, []);
  const shown = view.value?.run === tuned.value ? view.value : undefined;
  const isTuned = !busy.value && !writing.value && shown !== undefined && shown.log.length > 0;
  return (
    <>
      <Opening title="Fine-tune">
        The built-in GPT-2 has read English books, and nothing else. Let it, or a published GPT-2, read{" "}
        {given.value ? <b>{given.value.name}</b> : "your texts"} too, and see how it goes on with the same
        words before and after.
      </Opening>
      {choosing.value && <Choices />}
      <div class="actions">
        {busy.value ? (
          <Button kind="main" onClick={stop} disabled={view.value?.phase === "stopping"}>
            {view.value?.phase === "stopping" ? "Stopping" : "Stop"}
          </Button>
        ) : choosing.value || writing.value ? (
          <Button kind="main" onClick={begin} disabled={!given.value || writing.value}>
            {writing.value ? "Writing" : "Fine-tune"}
          </Button>
        ) : (
          <Button
            kind={isTuned ? "usual" : "main"}
            onClick={() => {
              choosing.value = true;
            }}
          >
            Fine-tune again
          </Button>
        )}
        {isTuned && <Button onClick={() => goTo("write")}>Write with it</Button>}
        {isTuned && <Button onClick={() => goTo("novelty")}>New or remembered?</Button>}
        {!busy.value && (
          <Button kind="plain" onClick={() => goTo("data")}>
            Choose other texts
          </Button>
        )}
      </div>
      <p class="note">
        The result is a new run {placeOfRuns.value}; the model that you start from stays as it is.
      </p>
      <Problem sentence={problem.value ?? shown?.problem} />
      {continued.value.length > 0 && <BeforeAndAfter />}
      {shown && <Watched view={shown} unit="pieces of words" />}
      <Same {...sameElsewhere()} />
    </>
  );
}

function Choices() {
  const words = useOwnWords(beginnings.value, (now) => {
    typed.value = now;
  });
  return (
    <div class="columns lead">
      <div class="field">
        <label for="beginnings">Beginnings, one a line</label>
        <textarea id="beginnings" aria-describedby="beginnings-hint" disabled={busy.value} {...words} />
        <small id="beginnings-hint">
          Beginnings of texts: the model goes on with each, before and after it is trained
        </small>
      </div>
      <BaseChoice disabled={busy.value || writing.value} />
      <Choice legend="What is trained" value={weights} options={parts} disabled={busy.value} />
      <Choice legend="Time" value={minutes} options={times} disabled={busy.value} />
    </div>
  );
}

function sameElsewhere(): { readonly command: string; readonly code: string } {
  const [name, lora] = [base.value, weights.value === "lora"];
  const folder = name === BUILT_IN ? "builtInFolder(name)" : "name";
  const { source, importWith, data } = textsElsewhere({ spellsAll: true });
  return {
    command: `punchline finetune ${shellWord(placeOf(name))} --data ${source}${lora ? " --lora" : ""} --max-minutes ${minutes.value} --keep last --out runs/tuned`,
    code: `${importWith("train")}${name === BUILT_IN ? '\nimport { builtInFolder } from "punchline/node";' : ""}\n\nconst name = ${JSON.stringify(placeOf(name))};\nconst { lm } = await train({\n  base: { folder: ${folder}, name },\n  data: ${data},\n  options: { ${lora ? "lora: {}, " : ""}maxMinutes: ${minutes.value}, keep: "last" },\n  out: "runs/tuned",\n});\nconsole.log(await lm.sample({ prompt: "The", temperature: ${written.temperature} }));`,
  };
}

function BeforeAndAfter() {
  return (
    <Section title="Before and after">
      <ul class="tuned" aria-label="Each beginning, before and after">
        {continued.value.map(({ prompt, before, after }, i) => (
          <li key={i}>
            <div>
              <small>before</small>
              <Texts prompt={prompt} texts={before} />
            </div>
            <div class="after">
              <small>after</small>
              {after === undefined ? (
                <p class="note">
                  {writing.value ? "It is still reading." : "It was not trained to the end."}
                </p>
              ) : (
                <Texts prompt={prompt} texts={after} />
              )}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Texts({ prompt, texts }: { readonly prompt: string; readonly texts: readonly string[] }) {
  return texts.map((text, i) => (
    <p key={i} class="said">
      <b>{prompt}</b>
      {text === "" ? <span class="quiet"> (ends here)</span> : text}
    </p>
  ));
}
