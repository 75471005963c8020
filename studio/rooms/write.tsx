/** Write: a text letter by letter, each with how likely it was and what else could have come. */
import { signal } from "@preact/signals";
import type { WatchedToken } from "punchline/web";
import { shellWord } from "../state/elsewhere.ts";
import { call, isAbort, sentenceOf } from "../state/engine.ts";
import { goTo, setting } from "../state/route.ts";
import { Button, Field, Fold, Opening, Problem, Same, Section, SeedField, Slider } from "../ui/parts.tsx";
import { heat, percent, together, visible } from "./parts/letters.ts";
import { BUILT_IN, FirstModel, ModelChoice, placeOf, writer } from "./parts/model-choice.tsx";
import { SeveralTemperatures, several } from "./parts/several-temperatures.tsx";

const temperature = setting("temperature", "0.8");
const topK = setting("top-k", "0");
const topP = setting("top-p", "1");
const seed = setting("write-seed", "0");
const prompt = signal("");
/** What the text under way begins with. */
const begun = signal("");
const tokens = signal<readonly WatchedToken[]>([]);
const pointed = signal<number | undefined>(undefined);
const writing = signal(false);
const problem = signal<string | undefined>(undefined);
let controller: AbortController | undefined;

/** How letters are drawn, at whatever temperature. */
const drawn = () => ({
  prompt: prompt.value,
  topK: Number(topK.value),
  topP: Number(topP.value),
  seed: Number(seed.value),
  maxLength: 160,
});

async function write(from: string): Promise<void> {
  const run = writer.value;
  if (run === undefined) return;
  controller?.abort();
  const own = new AbortController();
  controller = own;
  begun.value = from;
  tokens.value = [];
  pointed.value = undefined;
  problem.value = undefined;
  writing.value = true;
  try {
    await call(
      "watch",
      { run, ...drawn(), prompt: from, temperature: Number(temperature.value) },
      {
        signal: own.signal,
        onEvent: (token) => {
          if (controller === own) tokens.value = [...tokens.value, token];
        },
      },
    );
  } catch (error) {
    if (controller === own && !isAbort(error)) problem.value = sentenceOf(error);
  }
  if (controller === own) writing.value = false;
}

/** What is chosen in the fold, where it is not as at first. */
function changed(): string {
  const others = [
    topK.value === "0" ? "" : `top-k ${topK.value}`,
    topP.value === "1" ? "" : `top-p ${topP.value}`,
    seed.value === "0" ? "" : `seed ${seed.value}`,
  ].filter(Boolean);
  return others.length > 0 ? `: ${others.join(", ")}` : "";
}

const command = (at: string): string =>
  `punchline sample ${shellWord(placeOf(writer.value))}${prompt.value === "" ? "" : ` --prompt ${shellWord(prompt.value)}`} --temperature ${at} --top-k ${topK.value} --top-p ${topP.value} --seed ${seed.value}`;

export function Write() {
  return (
    <>
      <Opening title="Write">
        The model says how likely each letter is to come next, and one is drawn by these chances. Then the
        next. The redder a letter, the less likely it was; point at one to see what else could have come.
      </Opening>
      <FirstModel />
      <div class="fields">
        <ModelChoice withBuiltIn />
        <Field label="Begin with" value={prompt} hint="The first letters or words; empty: nothing" />
        <Slider
          label="Temperature"
          value={temperature}
          min={0}
          max={2}
          step={0.1}
          hint="Low: likely letters. High: daring ones"
        />
      </div>
      <Fold title={`More settings${changed()}`}>
        <div class="fields">
          <Field
            label="Top-k"
            value={topK}
            type="number"
            min={0}
            step={1}
            hint="How many letters are in the draw, the likeliest ones: with 5, five. 0: all of them"
          />
          <Slider
            label="Top-p"
            value={topP}
            min={0.05}
            max={1}
            step={0.05}
            hint="The likeliest letters are in the draw until they make up this share: with 0.9, rare slips are left out. 1: all of them"
          />
          <SeedField
            value={seed}
            hint="Any number: the same one draws the same text again. “Another” takes the next"
          />
        </div>
      </Fold>
      <div class="actions">
        <Button kind="main" onClick={() => write(prompt.value)}>
          Write
        </Button>
        <Button
          onClick={() => {
            seed.value = String(Number(seed.value) + 1);
            write(prompt.value);
          }}
        >
          Another
        </Button>
        {writing.value && <Button onClick={() => controller?.abort()}>Stop</Button>}
        {!writing.value && tokens.value.length > 0 && writer.value !== BUILT_IN && (
          <Button kind="plain" onClick={() => goTo("novelty")}>
            New or remembered?
          </Button>
        )}
      </div>
      <Problem sentence={problem.value} />
      {(tokens.value.length > 0 || begun.value !== "") && <Text />}
      <SeveralTemperatures
        options={drawn}
        lookInto={(one) => {
          temperature.value = one;
          write(prompt.value);
        }}
      />
      <Same
        command={`${command(temperature.value)}\n\n# at several temperatures\nfor t in ${several.value.replaceAll(/[,;\s]+/g, " ")}; do ${command("$t")}; done`}
        code={`import { openLocal } from "punchline";\n\nconst lm = await openLocal(${JSON.stringify(placeOf(writer.value))});\nfor await (const piece of lm.stream({ prompt: ${JSON.stringify(prompt.value)}, temperature: ${temperature.value}, topK: ${topK.value}, topP: ${topP.value}, seed: ${seed.value} }))\n  process.stdout.write(piece);`}
      />
    </>
  );
}

function Text() {
  const shown = tokens.value;
  const place = pointed.value === undefined ? undefined : shown[pointed.value];
  const before =
    begun.value +
    shown
      .slice(0, pointed.value)
      .map(({ text }) => text)
      .join("");
  /** Arrows move through the text; only one letter at a time is a stop of the Tab key. */
  const move = (event: KeyboardEvent, i: number) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(shown.length - 1, i + by));
    (event.currentTarget as HTMLElement).closest(".tokens")?.querySelectorAll("button")[next]?.focus();
  };
  const stopAt = pointed.value ?? 0;
  const places = shown.map((token, i) => ({ i, token, text: token.text }));
  return (
    <div class="columns lead">
      <Section title="The text">
        <section class="tokens" aria-label="The text, letter by letter; arrow keys move">
          <span class="given">{begun.value}</span>
          {together(places).map((word) => (
            <span key={word[0]!.i} class="together">
              {word.map(({ i, token }) => (
                <button
                  key={i}
                  type="button"
                  style={{ "--heat": heat(token.probability) }}
                  tabIndex={i === stopAt ? 0 : -1}
                  aria-pressed={pointed.value === i}
                  aria-label={`${visible(token)}, ${percent(token.probability)}`}
                  onPointerEnter={() => {
                    pointed.value = i;
                  }}
                  onFocus={() => {
                    pointed.value = i;
                  }}
                  onClick={() => {
                    pointed.value = i;
                  }}
                  onKeyDown={(event) => move(event, i)}
                >
                  {token.end ? "⏎" : token.text}
                </button>
              ))}
            </span>
          ))}
        </section>
        <p class="unseen" role="status">
          {writing.value ? "Writing" : begun.value + shown.map(({ text }) => text).join("")}
        </p>
      </Section>
      <Section title="What could have come">
        {place ? (
          <>
            <p class="note">After “{before.slice(-30)}”. Choose one, and the text goes on from there.</p>
            <ul class="bars">
              {place.alternatives.map((other) => (
                <li
                  key={`${other.text}${other.end}`}
                  class={other.text === place.text && other.end === place.end ? "drawn" : ""}
                >
                  <button type="button" disabled={other.end} onClick={() => write(before + other.text)}>
                    {visible(other)}
                  </button>
                  <i style={{ width: `${100 * other.probability}%` }} />
                  <span>{percent(other.probability)}</span>
                </li>
              ))}
            </ul>
          </>
        ) : (
          <p class="note">Point at a letter, or choose one with the keyboard.</p>
        )}
      </Section>
    </div>
  );
}
