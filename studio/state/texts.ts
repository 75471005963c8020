/** The texts to learn from. */
import { signal } from "@preact/signals";
import { cityTexts, InputError, type Preparation, viewOfTexts } from "punchline/web";
import { call, sentenceOf } from "./engine.ts";
import { firstWords } from "./first-words.ts";
import { type GivenTexts, keep, keptTexts, type NamedTexts } from "./kept-texts.ts";

export const given = signal<GivenTexts | undefined>(undefined);
/** Whether the storage has been looked at. */
export const looked = signal(false);

/** The lists that come with Punchline, each with the source that the command line knows it by. */
export const builtInLists = [
  {
    id: "cities",
    name: "City names",
    source: "cities",
    hint: "2,726 names; a model makes up others in seconds",
    load: cityTexts,
  },
  {
    id: "jokes",
    name: "Jokes",
    source: "one-liners",
    hint: "Short ones, fit for a classroom; give a model some minutes",
    load: () => call("jokes", undefined),
  },
] as const;

/**
 * Looks at texts in the worker, and takes them.
 * @throws InputError for a file that cannot be read, or a list of one text
 * @throws InputError `not-kept` where the browser has no room for them; they are given all the same
 */
export async function choose(texts: NamedTexts, signal?: AbortSignal): Promise<void> {
  const { name, texts: content, reading } = texts;
  if (content instanceof File && content.size > LARGEST)
    throw new InputError(
      "too-large",
      `${name} is larger than 200 MB, more than a page can read; punchline train can.`,
      {},
    );
  const view = Array.isArray(content)
    ? viewOfTexts(content)
    : await call("inspect", { texts: content, reading }, { signal });
  if (view.texts === 1 && view.unit === "items")
    throw new InputError(
      "too-few",
      `${name} has one text only; give more, or tick that it is one long text.`,
      {},
    );
  signal?.throwIfAborted();
  restoreProblem.value = undefined;
  given.value = { ...texts, view };
  try {
    await keep({ ...texts, view });
  } catch (cause) {
    throw new InputError(
      "not-kept",
      "You can train on these texts now, but the browser could not keep them: its storage is full or switched off.",
      {},
      cause,
    );
  }
}

/** Share of texts with letters beyond ASCII, accents or emoji from which these are kept: in fewer they are an accident. */
const OTHER_LETTERS = 0.01;

/** For what texts are prepared. */
interface Purpose {
  /** Whether it is for a vocabulary that spells every letter, so that none is dropped. */
  readonly spellsAll?: boolean;
}

/** Whether letters beyond ASCII are kept, which is not asked where a vocabulary spells them all. */
export const keepsUnicode = ({ view }: GivenTexts, { spellsAll = false }: Purpose = {}): boolean =>
  !spellsAll && view.beyondAscii > OTHER_LETTERS * view.texts;

/** What the worker's calls take. */
export function preparationOf(given: GivenTexts, purpose: Purpose = {}): Preparation {
  const { name, texts, reading } = given;
  if (purpose.spellsAll) return { texts, name, reading };
  return { texts, name, reading, options: { cleaning: { keepUnicode: keepsUnicode(given, purpose) } } };
}

/** Bytes of a file up to which a page can learn from it. */
const LARGEST = 200e6;

/** Why the texts that were chosen before are not there any more. */
export const restoreProblem = signal<string | undefined>(undefined);

/** What was chosen before, or the first of the lists; that does not take the place of kept texts that cannot be read. */
export async function restore(): Promise<void> {
  const [{ name, load }] = builtInLists;
  try {
    const kept = await keptTexts();
    if (kept?.view) given.value = { ...kept, view: kept.view };
    else await choose(kept ?? { name, texts: await load() }).catch(unlessGiven);
  } catch (error) {
    const texts = await load();
    // Somebody may have chosen others meanwhile.
    if (!given.peek()) {
      given.value = { name, texts, view: viewOfTexts(texts) };
      restoreProblem.value = sentenceOf(error);
    }
  }
  looked.value = true;
}

/** Texts that were given, though the browser could not keep them, are there. */
function unlessGiven(error: unknown): void {
  if (!given.peek()) throw error;
}

/** What pasted texts are called, before their first words. */
const PASTED = "Pasted texts";
/** Letters of the first text in that name. */
const NAMED = 24;

/** What was pasted is called by its first words, so that several can be told apart. */
export function pastedName(pasted: string): string {
  const first = firstWords(pasted.trim().split(/\r?\n/)[0]!, NAMED);
  return first === "" ? PASTED : `${PASTED}: ${first}`;
}

/** What was pasted, as a file of texts: a table and JSON Lines are found out as in any other. */
export const pastedFile = (pasted: string): File => new File([pasted], `${PASTED}.txt`);
export const isPasted = ({ name }: File): boolean => name === `${PASTED}.txt`;

/** A text a line. */
export const linesOf = (pasted: string): readonly string[] =>
  pasted
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
