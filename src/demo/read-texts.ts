/** Some texts as a model of the demo reads them: a real joke that it has not seen, and jokes of its own. */
import { InputError } from "../core/errors.ts";
import { choicesOf } from "../evaluate/choices.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import type { ReadText } from "../report/index.ts";
import type { DemoContext } from "./context.ts";
import type { JokeGroup } from "./write-jokes.ts";

/** Characters of a text that a reader can look through. */
const [LEAST, MOST] = [30, 110];

export async function readTexts(
  { data, signal }: DemoContext,
  lm: LanguageModel,
  groups: readonly JokeGroup[],
): Promise<ReadText[]> {
  const { test, validation } = data.splits;
  const [real, split] = test.length > 0 ? [test, "test"] : [validation, "validation"];
  const texts = [
    { label: `a real joke of the ${split} split, which it has not seen`, from: real },
    ...groups.slice(0, 2).map(({ temperature, samples }) => ({
      label: `a joke of its own, at temperature ${temperature}`,
      from: samples.map(({ text }) => text.trim()),
    })),
  ].flatMap(({ label, from }) => {
    const known = from.filter((text) => text !== "" && canSpell(lm, text));
    const text = known.find(({ length }) => length >= LEAST && length <= MOST) ?? known[0];
    return text === undefined ? [] : [{ label, text }];
  });
  const read: ReadText[] = [];
  for (const { label, text } of texts) read.push({ label, tokens: await choicesOf(lm, text, { signal }) });
  return read;
}

/** A text that was not trained on may have a character that the vocabulary lacks. */
function canSpell({ tokenizer }: LanguageModel, text: string): boolean {
  try {
    tokenizer.encode(text);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/** Beginnings whose next character is worth looking at: those that most texts share, and nothing at all. */
export function beginningsOf(texts: readonly string[]): readonly string[] {
  const shared = [11, 5].flatMap((length) => commonest(texts, length) ?? []);
  return [...new Set([...shared, ""])];
}

/** The first `length` characters that most texts have. */
function commonest(texts: readonly string[], length: number): string | undefined {
  const counts = new Map<string, number>();
  for (const text of texts) {
    const beginning = Array.from(text).slice(0, length).join("");
    counts.set(beginning, (counts.get(beginning) ?? 0) + 1);
  }
  return [...counts].reduce<[string, number] | undefined>(
    (a, b) => (a && a[1] >= b[1] ? a : b),
    undefined,
  )?.[0];
}
