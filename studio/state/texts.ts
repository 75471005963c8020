/** The texts to learn from. */
import { signal } from "@preact/signals";
import { cityTexts, InputError, type Preparation, viewOfTexts } from "punchline/web";
import { call } from "./engine.ts";
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

/** What was chosen before, or the first of the lists. */
export async function restore(): Promise<void> {
  try {
    given.value = await keptTexts();
  } catch {
    const [{ name, load }] = builtInLists;
    await choose({ name, texts: await load() }).catch(() => {});
  }
  looked.value = true;
}

/** What was pasted, as a file of texts: a table and JSON Lines are found out as in any other. */
export const pastedFile = (pasted: string): File => new File([pasted], `${PASTED}.txt`);
export const PASTED = "Pasted texts";
export const isPasted = ({ name }: File): boolean => name === `${PASTED}.txt`;

/** A text a line. */
export const linesOf = (pasted: string): readonly string[] =>
  pasted
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
