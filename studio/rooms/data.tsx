/** Data: the texts, what cleaning makes of them, and how a model reads them. */
import { computed, effect, signal } from "@preact/signals";
import type { EngineCalls, FileReading, PreparedView, TrainingWindow } from "punchline/web";
import { textsElsewhere } from "../state/elsewhere.ts";
import { call, inWords, isAbort, sentenceOf } from "../state/engine.ts";
import { type GivenTexts, keepCleaned, keptCleaned, type NamedTexts } from "../state/kept-texts.ts";
import { goTo } from "../state/route.ts";
import { builtInLists, choose, given, pastedFile, pastedName, preparationOf } from "../state/texts.ts";
import { windowsFor } from "../state/windows.ts";
import { Button, count, Fold, number, Opening, Problem, Same, Section } from "../ui/parts.tsx";
import { timeLeft } from "../ui/time-left.ts";
import { FileReadingChoices } from "./parts/file-reading.tsx";

const reasonsInWords: Readonly<Record<string, string>> = {
  empty: "empty",
  duplicate: "the same as another",
  near_duplicate: "nearly the same as another",
  too_short: "too short",
  too_long: "too long",
};
const whyDropped = (reason: string): string => reasonsInWords[reason] ?? reason.replaceAll("_", " ");

/** Texts of a list that are shown. */
const SHOWN = 40;
/** Letters of a window that are shown: a row of them. */
const SHOWN_LETTERS = 24;

const prepared = signal<PreparedView | undefined>(undefined);
const windows = signal<readonly TrainingWindow[]>([]);
const problem = signal<string | undefined>(undefined);
/** The preparation under way, and how far it has come. */
const preparing = signal<AbortController | undefined>(undefined);
const progress = signal<{ readonly event: PrepareProgress; readonly since: number } | undefined>(undefined);
/** The file that was given last, also one that could not be read. */
const candidate = signal<(NamedTexts & { readonly texts: File }) | undefined>(undefined);
type PrepareProgress = EngineCalls["prepare"]["event"];

const pasted = signal("");
/** What was pasted and is in use. */
const used = signal("");
const waits = computed(() => pasted.value.trim() !== "" && pasted.value !== used.value);
const whole = signal(false);
const over = signal(false);
const looking = signal(false);
/** The window that is shown, and the place in it. */
const at = signal({ window: 0, place: 0 });

effect(() => {
  const texts = given.value;
  if (texts) prepare(texts);
});

async function prepare(texts: GivenTexts): Promise<void> {
  preparing.peek()?.abort();
  const own = new AbortController();
  const { signal } = own;
  const current = () => preparing.peek() === own;
  preparing.value = own;
  progress.value = undefined;
  prepared.value = undefined;
  windows.value = [];
  at.value = { window: 0, place: 0 };
  try {
    const preparation = preparationOf(texts);
    const kept = await keptCleaned(preparation);
    if (!current()) return;
    if (kept) {
      prepared.value = kept.view;
      windows.value = kept.windows;
      preparing.value = undefined;
      return;
    }
    const onEvent = (event: PrepareProgress) => {
      if (!current()) return;
      const before = progress.peek();
      const since = before?.event.phase === event.phase ? before.since : performance.now();
      progress.value = { event, since };
    };
    const view = await call("prepare", preparation, { signal, onEvent });
    if (current()) prepared.value = view;
    const model = "char-lstm";
    const train = { seqLen: Math.min(SHOWN_LETTERS, windowsFor(texts.view, model).seqLen), batchSize: 1 };
    const shown = await call("windows", { ...preparation, model, train, most: 12 }, { signal });
    if (current()) {
      windows.value = shown;
      await keepCleaned(preparation, { view, windows: shown });
    }
  } catch (error) {
    if (current() && !isAbort(error)) problem.value = sentenceOf(error);
  }
  if (current()) preparing.value = undefined;
}

/** The texts that are looked at before they are taken. */
let accepting: AbortController | undefined;

const accept = (name: string, load: () => Promise<NamedTexts["texts"]>): Promise<void> =>
  take(async () => {
    const texts = await load();
    return texts instanceof File && whole.value ? { name, texts, reading: { whole: true } } : { name, texts };
  });

async function take(load: () => Promise<NamedTexts>): Promise<void> {
  accepting?.abort();
  const own = new AbortController();
  accepting = own;
  problem.value = undefined;
  looking.value = true;
  try {
    const asked = await load();
    own.signal.throwIfAborted();
    const { texts } = asked;
    candidate.value = texts instanceof File ? { ...asked, texts } : undefined;
    await choose(asked, own.signal);
  } catch (error) {
    if (accepting === own && !isAbort(error)) problem.value = sentenceOf(error);
  }
  if (accepting === own) looking.value = false;
}

/** The same file, read in another way. */
const takeAgain = (reading: FileReading): void => {
  const file = candidate.value;
  if (file) take(async () => ({ ...file, reading }));
};

async function read(files: FileList | null | undefined): Promise<void> {
  const [file, second] = files ?? [];
  if (second) problem.value = `These are ${files!.length} files; give one, or put their texts into one.`;
  else if (file) await accept(file.name, async () => file);
}

/** How far the texts are, in words and as a share that is known or not; undefined where nothing is under way. */
function progressNow(): { readonly sentence: string; readonly share?: number } | undefined {
  if (looking.value) return { sentence: "Reading" };
  if (!preparing.value || prepared.value) return undefined;
  const { event, since } = progress.value ?? {};
  if (!event || since === undefined) return { sentence: "Cleaning" };
  const { phase, bytes, totalBytes, rows, totalRows } = event;
  const [doing, share] =
    phase === "read"
      ? ["Reading and cleaning", totalBytes > 0 ? bytes / totalBytes : 0]
      : [phase === "duplicates" ? "Looking for copies" : "Dividing", totalRows > 0 ? rows / totalRows : 0];
  const seconds = (performance.now() - since) / 1000;
  const left = seconds > 2 && share > 0 ? `, ${timeLeft((seconds * (1 - share)) / share)}` : "";
  return { sentence: `${doing}: ${count(rows, "text")}, ${Math.floor(share * 100)} %${left}`, share };
}

function Progress() {
  const now = progressNow();
  return (
    <>
      <p class="note" role="status">
        {now?.sentence}
      </p>
      {now?.share !== undefined && (
        <progress aria-label="Progress of the cleaning" value={now.share} max={1} />
      )}
    </>
  );
}

export function Data() {
  return (
    <>
      <Opening title="Texts to learn from">
        A list of names, jokes or slogans, one a line. What you give stays on this machine.
      </Opening>
      <div class="columns lead">
        <Give />
        <section class="part">
          <h2>Built-in lists</h2>
          {builtInLists.map(({ id, name, hint, load }) => (
            <div key={id}>
              <Button onClick={() => accept(name, load)}>{name}</Button>
              <small>{hint}</small>
            </div>
          ))}
        </section>
      </div>
      <Problem sentence={problem.value} />
      <Progress />
      {prepared.value && <Cleaned view={prepared.value} />}
      {windows.value.length > 0 && <Windows />}
      <Same {...sameElsewhere()} />
    </>
  );
}

/** The same at the command line and in a program. */
function sameElsewhere(): { readonly command: string; readonly code: string } {
  const { source, importWith, data } = textsElsewhere();
  return {
    command: `punchline data ${source} --show-windows 3`,
    code: `${importWith("windows")}\n\nconst data = ${data};\nconsole.log(data.summary);\nfor await (const window of windows(data, { model: "char-lstm" })) {\n  console.log(window.pieces, window.labels);\n  break;\n}`,
  };
}

function Give() {
  const name = given.value?.name;
  return (
    <section class="part">
      <h2>Your own</h2>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is one more way; the button and the field do the same */}
      <div
        class={over.value ? "drop over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          over.value = true;
        }}
        onDragLeave={() => {
          over.value = false;
        }}
        onDrop={(event) => {
          event.preventDefault();
          over.value = false;
          read(event.dataTransfer?.files);
        }}
      >
        <div class="field">
          <label for="pasted">Paste texts, one a line, or drop a file here</label>
          <textarea
            id="pasted"
            value={pasted.value}
            onInput={({ currentTarget }) => {
              pasted.value = currentTarget.value;
            }}
          />
        </div>
        <div class="actions">
          <Button
            kind={waits.value || pasted.value.trim() === "" ? "main" : "usual"}
            disabled={pasted.value.trim() === ""}
            onClick={() => {
              used.value = pasted.value;
              accept(pastedName(pasted.value), async () => pastedFile(pasted.value));
            }}
          >
            Use these
          </Button>
          <label class="usual">
            <span class="note">or a file: </span>
            <input
              type="file"
              accept=".txt,.text,.csv,.tsv,.tab,.json,.jsonl,.ndjson,.parquet,.gz,.zip"
              aria-describedby="formats"
              onChange={async ({ currentTarget }) => {
                await read(currentTarget.files);
                // The same file can be chosen again.
                currentTarget.value = "";
              }}
            />
          </label>
        </div>
        <small id="formats">
          A text a line, a table (CSV, TSV, Parquet) or JSON, also packed (.gz, .zip), up to 200 MB.
        </small>
        <label class="note tick">
          <input
            type="checkbox"
            checked={whole.value}
            onChange={({ currentTarget }) => {
              whole.value = currentTarget.checked;
              if (candidate.value) takeAgain(whole.value ? { whole: true } : {});
            }}
          />
          It is one long text, such as a book, and not a list
        </label>
      </div>
      {name && (
        <p class="note">
          Chosen now: {name}
          {waits.value && ". The texts in the field are not in use yet: press “Use these”."}
        </p>
      )}
      {candidate.value && !candidate.value.reading?.whole && (
        <FileReadingChoices
          key={candidate.value.texts}
          reading={candidate.value.reading ?? {}}
          view={given.value?.texts === candidate.value.texts ? given.value.view : undefined}
          onChange={takeAgain}
        />
      )}
    </section>
  );
}

function Cleaned({ view: { summary, kept, dropped } }: { readonly view: PreparedView }) {
  const reasons = Object.entries(summary.dropped);
  const { near_examples: pairs } = summary;
  const shownOf = Math.min(SHOWN, kept.length);
  const listed =
    summary.unit === "items" && shownOf < summary.splits.train
      ? `: the first ${shownOf} of ${number(summary.splits.train)}`
      : "";
  const near = summary.dropped.near_duplicate ?? pairs.length;
  return (
    <Section title={`Cleaned: ${given.value?.name ?? ""}`}>
      <dl class="facts">
        <div>
          <dt>{summary.unit === "items" ? "texts came in" : "text"}</dt>
          <dd>{number(summary.rows_in)}</dd>
        </div>
        <div>
          <dt>kept</dt>
          <dd>{number(summary.rows_out)}</dd>
        </div>
        <div>
          <dt>{summary.unit === "items" ? "texts" : "characters"} to learn from</dt>
          <dd>{number(summary.splits.train)}</dd>
        </div>
        <div>
          <dt>kept aside: the model never sees them, and is checked with them</dt>
          <dd>{number(summary.splits.validation + summary.splits.test)}</dd>
        </div>
      </dl>
      {[...summary.sources.flatMap(({ notes = [] }) => notes), ...summary.warnings].map((sentence) => (
        <p class="note" key={sentence}>
          {inWords(sentence)}
        </p>
      ))}
      <div class="actions">
        <Button kind={waits.value ? "usual" : "main"} onClick={() => goTo("train")}>
          Train on these
        </Button>
      </div>
      {reasons.length > 0 && (
        <Fold
          title={`Dropped: ${reasons.map(([reason, n]) => `${number(n)} ${whyDropped(reason)}`).join(", ")}`}
        >
          <ul class="texts" aria-label="Dropped texts">
            {dropped.slice(0, SHOWN).map(({ text, reason }, i) => (
              <li key={i}>
                {text}
                <small>{whyDropped(reason)}</small>
              </li>
            ))}
          </ul>
        </Fold>
      )}
      {pairs.length > 0 && (
        <Fold
          title={`Near copies: ${pairs.length < near ? `${pairs.length} of ` : ""}${count(near, "pair")}`}
        >
          <ul class="texts">
            {pairs.map((pair) => (
              <li key={pair.dropped}>
                {pair.dropped}
                <small>is close to “{pair.kept}”, which is kept</small>
              </li>
            ))}
          </ul>
        </Fold>
      )}
      {summary.cleaning_loss.example && (
        <Fold title="Before and after cleaning">
          <p class="said">{summary.cleaning_loss.example.before}</p>
          <p class="said">{summary.cleaning_loss.example.after}</p>
        </Fold>
      )}
      <Fold title={`The texts as the model gets them${listed}`}>
        <ul class="texts" aria-label="Kept texts">
          {kept.slice(0, SHOWN).map((text, i) => (
            <li key={i}>{summary.unit === "items" ? text : text.slice(0, 2000)}</li>
          ))}
        </ul>
      </Fold>
    </Section>
  );
}

/** White space that can be seen. */
const visible = (piece: string | null): string => (piece ?? "").replaceAll("\n", "⏎").replaceAll(" ", "␣");

function Windows() {
  const { window: number, place } = at.value;
  const window = windows.value[number]!;
  const { pieces, ids, label_pieces: labels, labels: labelIds } = window;
  const move = (by: number) => {
    let [w, p] = [number, place + by];
    if (p < 0 && w > 0) [w, p] = [w - 1, windows.value[w - 1]!.ids.length - 1];
    if (p >= ids.length && w < windows.value.length - 1) [w, p] = [w + 1, 0];
    if (p >= 0 && p < windows.value[w]!.ids.length) at.value = { window: w, place: p };
  };
  return (
    <Section title="How a model reads them">
      <p class="note">
        Each character has a number, and ⏎ {given.value?.view.unit === "text" ? "ends a line" : "ends a text"}
        . The model reads from left to right. At each place it says which character comes next; the last row
        has the right answers, called labels: the same text, one place on.
      </p>
      <ol class="window" aria-label={`Window ${number + 1}`}>
        {pieces.map((piece, i) => (
          <li key={i} class={i === place ? "at" : undefined}>
            <span>{visible(piece)}</span>
            <i>{ids[i]}</i>
            <span class="label">{visible(labels[i] ?? null)}</span>
          </li>
        ))}
      </ol>
      <p aria-live="polite" class="note">
        After “{visible(pieces.slice(0, place + 1).join(""))}” comes “{visible(labels[place] ?? null)}”, which
        is number {labelIds[place]}: the right answer here.
      </p>
      <div class="actions">
        <Button onClick={() => move(-1)}>Back</Button>
        <Button onClick={() => move(1)}>Next character</Button>
        <Button
          onClick={() => {
            at.value = { window: (number + 1) % windows.value.length, place: 0 };
          }}
        >
          Next window
        </Button>
      </div>
    </Section>
  );
}
