/** Type: the model says how words may end, and the keys that this saves are counted. */
import { effect, signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Suggestion, Typed, TypingQuality } from "punchline/web";
import { edited, keysSaved, nothingTyped, taken } from "punchline/web";
import { shellWord } from "../state/elsewhere.ts";
import { call, isAbort, sentenceOf } from "../state/engine.ts";
import { room } from "../state/route.ts";
import { chosen } from "../state/runs.ts";
import { Button, count, number, Opening, Problem, Same, Section } from "../ui/parts.tsx";
import { BUILT_IN, FirstModel, ModelChoice, placeOf, writer } from "./parts/model-choice.tsx";
import "./type.css";

const SHOWN = 3;
/** Unseen texts that the exact typist types. */
const MEASURED = 20;

const typed = signal<Typed>(nothingTyped);
const offered = signal<{
  readonly run?: string;
  readonly to?: string;
  readonly words: readonly Suggestion[];
}>({ words: [] });
const problem = signal<string | undefined>(undefined);
let asking = false;

effect(() => {
  const { text } = typed.value;
  if (room.value === "type" && writer.value !== undefined) suggest(writer.value, text);
});

/** One request at a time, always for the newest text of the run that is chosen. */
async function suggest(run: string, text: string): Promise<void> {
  if (asking) return;
  asking = true;
  try {
    const words = await call("suggest", { run, text, n: SHOWN });
    offered.value = { run, to: text, words };
    problem.value = undefined;
  } catch (error) {
    offered.value = { run, to: text, words: [] };
    problem.value = sentenceOf(error);
  }
  asking = false;
  const { text: now } = typed.peek();
  const open = writer.peek();
  if (open !== undefined && (now !== text || open !== run)) suggest(open, now);
}

/** Suggestions for the text as it is now. */
const current = (): readonly Suggestion[] => (isCurrent() ? offered.value.words : []);
const isCurrent = (): boolean => offered.value.to === typed.value.text && offered.value.run === writer.value;

function take(index: number): boolean {
  const suggestion = current()[index];
  if (suggestion) typed.value = taken(typed.value, suggestion.text);
  return suggestion !== undefined;
}

export function Type() {
  const place = placeOf(writer.value);
  return (
    <>
      <Opening title="Type with it">
        As on a phone: the model suggests how the word may end, or which comes next. A suggestion costs one
        key, however long it is.
      </Opening>
      <FirstModel />
      <div class="fields">
        <ModelChoice withBuiltIn />
      </div>
      <Field />
      <Problem sentence={problem.value} />
      <Saved />
      {writer.value !== BUILT_IN && <Measured />}
      <Same
        command={`punchline suggest ${shellWord(place)}`}
        code={`import { createSuggester, openLocal } from "punchline";\n\nconst suggester = createSuggester(await openLocal(${JSON.stringify(place)}));\nconst { words } = await suggester.suggest(${JSON.stringify(typed.value.text)}, { n: 3 });`}
      />
    </>
  );
}

function Field() {
  const area = useRef<HTMLTextAreaElement>(null);
  const words = current();
  const { text } = typed.value;
  const begun = /\S*$/.exec(text)![0];
  const onKeyDown = (event: KeyboardEvent) => {
    const field = event.currentTarget as HTMLTextAreaElement;
    const atEnd = field.selectionStart === text.length && field.selectionEnd === text.length;
    const { altKey, ctrlKey, metaKey, shiftKey, key, code } = event;
    const byNumber = altKey && !ctrlKey && !metaKey ? Number(/^Digit([1-9])$/.exec(code)?.[1]) : 0;
    const byArrow = key === "ArrowRight" && atEnd && !altKey && !ctrlKey && !metaKey && !shiftKey;
    if ((byNumber > 0 && take(byNumber - 1)) || (byArrow && take(0))) event.preventDefault();
  };
  return (
    <div class="typing">
      <div class="field">
        <label for="typed">Type here</label>
        <textarea
          id="typed"
          ref={area}
          value={text}
          rows={3}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          aria-describedby="typing-keys"
          onInput={({ currentTarget }) => {
            typed.value = edited(typed.value, currentTarget.value);
            // A space that came by itself is not in the field yet.
            if (currentTarget.value !== typed.value.text) currentTarget.value = typed.value.text;
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <ol class="suggestions" aria-label="Suggestions">
        {words.map(({ text: added, probability }, i) => (
          <li key={added}>
            <button
              type="button"
              onClick={() => {
                take(i);
                area.current?.focus();
              }}
            >
              <span class="word">
                <span class="quiet">{/^\s/.test(added) ? "" : begun}</span>
                <b>{added.trim()}</b>
              </span>{" "}
              <small>{Math.round(100 * probability)} %</small>
            </button>
          </li>
        ))}
        {offered.value.to === undefined && <li class="none note">The model is being opened.</li>}
        {words.length === 0 && isCurrent() && (
          <li class="none note">No word is likely enough here to save a key.</li>
        )}
      </ol>
      <p class="note" id="typing-keys">
        Right arrow at the end takes the first, Alt with 1, 2 or 3 any of them; or tap one. They are in the
        order of what they are expected to save: how likely a word is, times the keys that it spares.
      </p>
      <p class="unseen" role="status">
        {words.map(({ text: added }) => (begun + added).trim()).join(", ")}
      </p>
    </div>
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

function Saved() {
  const saved = keysSaved(typed.value);
  return (
    <>
      <dl class="facts keys">
        <div>
          <dt>characters</dt>
          <dd>{number([...typed.value.text].length)}</dd>
        </div>
        <div>
          <dt>keys pressed</dt>
          <dd>{number(typed.value.keys)}</dd>
        </div>
        <div>
          <dt>of the keys saved</dt>
          <dd>{saved === undefined ? "–" : percent(Math.max(0, saved))}</dd>
        </div>
      </dl>
      <div class="actions">
        <Button
          onClick={() => {
            typed.value = nothingTyped;
          }}
          disabled={typed.value.keys === 0}
        >
          Begin again
        </Button>
      </div>
    </>
  );
}

const quality = signal<{ readonly run: string; readonly of: TypingQuality } | undefined>(undefined);
const measuring = signal<{ readonly done: number; readonly total: number } | undefined>(undefined);
const failed = signal<string | undefined>(undefined);
let controller: AbortController | undefined;

async function measure(): Promise<void> {
  const run = chosen.value;
  if (run === undefined) return;
  const own = new AbortController();
  controller = own;
  failed.value = undefined;
  quality.value = undefined;
  measuring.value = { done: 0, total: MEASURED };
  try {
    const onEvent = (event: { readonly done: number; readonly total: number }) => {
      measuring.value = event;
    };
    const of = await call("typing", { run, texts: MEASURED }, { signal: own.signal, onEvent });
    quality.value = { run, of };
  } catch (error) {
    if (!isAbort(error)) failed.value = sentenceOf(error);
  }
  measuring.value = undefined;
}

function Measured() {
  return (
    <Section title="How much does it save?">
      <p class="note">
        The page types texts that the model has not seen, without a mistake, and takes a suggestion wherever
        one saves a key. A model of names saves little, since a name is hard to guess; one of sentences saves
        more.
      </p>
      <div class="actions">
        <Button onClick={measure} disabled={measuring.value !== undefined}>
          Measure on unseen texts
        </Button>
        {measuring.value && <Button onClick={() => controller?.abort()}>Stop</Button>}
      </div>
      {measuring.value && (
        <progress
          aria-label="Texts typed"
          value={measuring.value.done}
          max={Math.max(1, measuring.value.total)}
        />
      )}
      <Problem sentence={failed.value} />
      {quality.value && <Quality {...quality.value} />}
    </Section>
  );
}

function Quality({ run, of }: { readonly run: string; readonly of: TypingQuality }) {
  return (
    <>
      <p role="status">
        With {run}, {count(of.texts, "unseen text")} of {number(of.characters)} characters took{" "}
        {number(of.keys)} keys: {percent(of.keystrokes_saved)} saved with three suggestions,{" "}
        {percent(of.keystrokes_saved_first)} with the first alone.
      </p>
      <dl class="facts">
        <div>
          <dt>of the words were the first suggestion before a letter was typed</dt>
          <dd>{percent(of.top1)}</dd>
        </div>
        <div>
          <dt>were among the first three</dt>
          <dd>{percent(of.top3)}</dd>
        </div>
        <div>
          <dt>from a key to its suggestions (median)</dt>
          <dd>{of.p50_ms.toFixed(0)} ms</dd>
        </div>
      </dl>
      {of.examples.length > 0 && (
        <ul class="texts" aria-label="Suggestions that saved most">
          {of.examples.map(({ typed, completion }) => (
            <li key={typed}>
              {typed}
              <mark>{completion}</mark>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
