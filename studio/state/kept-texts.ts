/** The chosen texts in this browser's storage, so that they are there after the tab was closed, and what cleaning made of them. */
import type { FileReading, Preparation, PreparedView, Texts, TextsView, TrainingWindow } from "punchline/web";
import { InputError, version } from "punchline/web";
import { alone, type Storage, storage } from "./storage.ts";

/** Texts, or a file of them, by the name that people call it. */
export interface NamedTexts {
  readonly name: string;
  readonly texts: Texts;
  readonly reading?: FileReading | undefined;
}

/** Texts with what the worker found in them; the page itself never reads a file. */
export interface GivenTexts extends NamedTexts {
  readonly view: TextsView;
}

/** Texts that were kept; without the view where that is damaged. */
export interface KeptAgain extends NamedTexts {
  readonly view: TextsView | undefined;
}

/** What is kept of the chosen texts, and beside it the content of a file, and what cleaning made of that. */
const [FILE, CONTENT, CLEANED] = ["texts.json", "texts.bin", "texts-cleaned.json"];

interface KeptTexts extends Omit<GivenTexts, "texts"> {
  readonly texts: readonly string[] | string | { readonly file: string; readonly lastModified: number };
  /** Of the content that was kept with these, where they are a file. */
  readonly stamp?: string | undefined;
}

/** Stamps of the content of files in this browser's storage. */
const stamps = new WeakMap<File, string>();

/** Another whenever a file of the storage was written again. */
const stampOf = ({ size, lastModified }: File): string => `${size} ${lastModified}`;

/** @throws DOMException where the browser has no room for them */
export const keep = ({ texts, ...rest }: GivenTexts): Promise<void> =>
  alone(async ({ read, write, remove }) => {
    await remove(CLEANED);
    if (!(texts instanceof File)) return write(FILE, JSON.stringify({ ...rest, texts } satisfies KeptTexts));
    await write(CONTENT, texts);
    const stamp = stampOf(await read(CONTENT));
    stamps.set(texts, stamp);
    const { name: file, lastModified } = texts;
    const kept = { ...rest, texts: { file, lastModified }, stamp } satisfies KeptTexts;
    await write(FILE, JSON.stringify(kept));
  });

/**
 * What was chosen before, without what was found in it where that is damaged; undefined where nothing is kept, or the browser
 * has no storage.
 * @throws InputError `damaged` where the texts cannot be read any more, or the content is of another file: the page was closed in the middle of {@link keep}
 */
export const keptTexts = (): Promise<KeptAgain | undefined> =>
  alone((files) =>
    files.read(FILE).then(
      (kept) => readKept(files, kept).catch(refuseDamaged),
      (error: unknown) => (isMissing(error) ? undefined : refuseDamaged(error)),
    ),
  ).catch((error: unknown) => {
    if (error instanceof InputError) throw error;
    return undefined; // no storage
  });

const isMissing = (error: unknown): boolean =>
  error instanceof DOMException && error.name === "NotFoundError";

function refuseDamaged(cause: unknown): never {
  throw new InputError(
    "damaged",
    "The texts that this browser kept for you are damaged and cannot be read. Give them again; until then a built-in list is chosen.",
    {},
    cause,
  );
}

async function readKept({ read }: Storage, kept: File): Promise<KeptAgain> {
  const { name, reading, view, texts, stamp } = JSON.parse(await kept.text()) as Partial<KeptTexts>;
  if (typeof name !== "string") throw new Error(`${FILE} has no name.`);
  const rest = { name, reading, view: isView(view) ? view : undefined };
  if (typeof texts === "string" || isList(texts)) return { ...rest, texts };
  if (typeof texts?.file !== "string") throw new Error(`${FILE} has no texts.`);
  const content = await read(CONTENT);
  if (stamp === undefined || stampOf(content) !== stamp) throw new Error(`${CONTENT} is of other texts.`);
  const file = new File([content], texts.file, { lastModified: texts.lastModified });
  stamps.set(file, stamp);
  return { ...rest, texts: file };
}

const isList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

const isView = (view: Partial<TextsView> | undefined): view is TextsView =>
  (view?.unit === "items" || view?.unit === "text") &&
  [view.texts, view.characters, view.beyondAscii].every(Number.isFinite) &&
  [view.first, view.columns, view.notes].every(isList);

/** Texts as the room Data shows them. */
export interface Cleaned {
  readonly view: PreparedView;
  readonly windows: readonly TrainingWindow[];
}

interface KeptCleaning {
  /** Of the content that was cleaned. */
  readonly stamp: string;
  /** Everything else that it depends on. */
  readonly asked: string;
  readonly cleaned: Cleaned;
}

const askedOf = ({ texts: _, ...asked }: Preparation): string => JSON.stringify([version, asked]);

const stampOfKept = ({ texts }: Preparation): string | undefined =>
  texts instanceof File ? stamps.get(texts) : undefined;

/** Keeps what became of a file of texts, so that a page that is opened again need not clean it again. */
export async function keepCleaned(preparation: Preparation, cleaned: Cleaned): Promise<void> {
  await alone(async ({ read, write }) => {
    const stamp = stampOfKept(preparation);
    // Another tab may have kept other texts since.
    if (stamp === undefined || stampOf(await read(CONTENT)) !== stamp) return;
    const kept = { stamp, asked: askedOf(preparation), cleaned } satisfies KeptCleaning;
    await write(CLEANED, JSON.stringify(kept));
  }).catch(() => {
    // Where there is no room for it, it is cleaned again.
  });
}

/** What was kept of just these texts, cleaned in just this way; undefined where nothing was. */
export async function keptCleaned(preparation: Preparation): Promise<Cleaned | undefined> {
  const own = stampOfKept(preparation);
  if (own === undefined) return undefined;
  try {
    const kept = await (await storage()).read(CLEANED);
    const { stamp, asked, cleaned } = JSON.parse(await kept.text()) as KeptCleaning;
    const known = stamp === own && asked === askedOf(preparation);
    return known && typeof cleaned?.view?.summary === "object" && Array.isArray(cleaned.windows)
      ? cleaned
      : undefined;
  } catch {
    return undefined;
  }
}
