/** The same beginning and seed at several temperatures, next to each other, as they are written. */
import { signal } from "@preact/signals";
import type { WatchedToken, WatchOptions } from "punchline/web";
import { call, isAbort, sentenceOf } from "../../state/engine.ts";
import { setting } from "../../state/route.ts";
import { Button, Field, Problem, Section } from "../../ui/parts.tsx";
import { heat, percent, visible } from "./letters.ts";
import { writer } from "./model-choice.tsx";

/** Columns that a wide page has room for. */
const MOST = 4;
/** Short texts are written one after the other, each with the next seed, until there is as much to read as this. */
const LETTERS = 80;
const TEXTS = 5;

interface Column {
  readonly temperature: string;
  readonly begun: string;
  readonly texts: readonly (readonly WatchedToken[])[];
}

/** As typed. */
export const several = setting("temperatures", "0.5, 0.8, 1.1");
const columns = signal<readonly Column[]>([]);
const writing = signal(false);
const problem = signal<string | undefined>(undefined);
let controller: AbortController | undefined;

/** The temperatures as they were typed, or what is wrong with them. */
function typed(): readonly string[] | { readonly wrong: string } {
  const words = several.value.split(/[,;\s]+/).filter((word) => word !== "");
  const odd = words.find((word) => !(Number(word) >= 0 && Number(word) <= 2));
  if (odd !== undefined)
    return { wrong: `"${odd}" is no temperature from 0 to 2; write numbers such as 0.5, 0.8, 1.1.` };
  if (words.length < 1 || words.length > MOST)
    return { wrong: `Write one to ${MOST} temperatures, such as 0.5, 0.8, 1.1.` };
  return [...new Set(words)];
}

async function writeAll(options: WatchOptions): Promise<void> {
  const run = writer.value;
  if (run === undefined) return;
  controller?.abort();
  const own = new AbortController();
  controller = own;
  const all = typed();
  problem.value = "wrong" in all ? all.wrong : undefined;
  columns.value = [];
  writing.value = false;
  if ("wrong" in all) return;
  columns.value = all.map((temperature) => ({ temperature, begun: options.prompt ?? "", texts: [] }));
  writing.value = true;
  const one = async (temperature: string, column: number) => {
    let letters = 0;
    for (let k = 0; k < TEXTS && letters < LETTERS; k++) {
      const onEvent = (token: WatchedToken) => {
        if (controller !== own) return;
        letters += token.text.length;
        columns.value = columns.value.map((known, i) => (i === column ? withToken(known, k, token) : known));
      };
      const seed = (options.seed ?? 0) + k;
      await call(
        "watch",
        { run, ...options, seed, temperature: Number(temperature), alternatives: 0 },
        { signal: own.signal, onEvent },
      );
    }
  };
  try {
    await Promise.all(all.map(one));
  } catch (error) {
    own.abort();
    if (!isAbort(error) && controller === own) problem.value = sentenceOf(error);
  }
  if (controller === own) writing.value = false;
}

function withToken(column: Column, text: number, token: WatchedToken): Column {
  const texts = [...column.texts];
  texts[text] = [...(texts[text] ?? []), token];
  return { ...column, texts };
}

interface SeveralProps {
  /** How the letters are drawn, but for the temperature. */
  readonly options: () => WatchOptions;
  /** Writes the text of a temperature where each of its letters can be asked. */
  readonly lookInto: (temperature: string) => void;
}

export function SeveralTemperatures({ options, lookInto }: SeveralProps) {
  return (
    <Section title="Several temperatures">
      <p class="note">
        The same beginning and the same seeds. At a low temperature the model takes the likeliest letters; at
        a high one it takes unlikely ones too.
      </p>
      <div class="fields few">
        <Field label="Temperatures" value={several} hint={`Up to ${MOST}, with commas between`} />
      </div>
      <div class="actions">
        <Button onClick={() => writeAll(options())}>Write at each</Button>
        {writing.value && <Button onClick={() => controller?.abort()}>Stop all</Button>}
      </div>
      <Problem sentence={problem.value} />
      <div class="temperatures">
        {columns.value.map((column) => (
          <Text key={column.temperature} column={column} lookInto={lookInto} />
        ))}
      </div>
      <p class="unseen" role="status">
        {writing.value ? "Writing" : columns.value.length > 0 ? "Written" : ""}
      </p>
    </Section>
  );
}

interface TextProps {
  readonly column: Column;
  readonly lookInto: (temperature: string) => void;
}

function Text({ column: { temperature, begun, texts }, lookInto }: TextProps) {
  const tokens = texts.flat();
  const surprise = tokens.reduce((sum, { probability }) => sum - Math.log(probability), 0) / tokens.length;
  return (
    <section aria-label={`At temperature ${temperature}`}>
      <h3>{temperature}</h3>
      {texts.map((text, k) => (
        <p key={k} class="tokens small">
          <span class="given">{begun}</span>
          {text.map((token, i) => (
            <span
              key={i}
              style={{ "--heat": heat(token.probability) }}
              title={`${visible(token)}, ${percent(token.probability)}`}
            >
              {token.end ? "⏎" : token.text}
            </span>
          ))}
        </p>
      ))}
      {tokens.length > 0 && (
        <>
          <p class="note">
            As surprising as if there were {Math.exp(surprise).toFixed(1)} equally likely letters each time.
          </p>
          <Button kind="plain" onClick={() => lookInto(temperature)}>
            Look into the first<span class="unseen"> at {temperature}</span>
          </Button>
        </>
      )}
    </section>
  );
}
