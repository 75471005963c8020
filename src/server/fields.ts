/**
 * Fields of requests that can be very long: each is checked up to the first thing in it that does not fit, since an issue
 * for every item of a long list would hold up all other requests.
 */
import { z } from "zod";
import { sentenceOf } from "./sentences.ts";

/** A text, a list of texts, the ids of one text, or a list of those. */
export type Texts = string | readonly string[] | readonly number[] | readonly (readonly number[])[];

/** How many texts there are. */
export const countOf = (field: Texts): number =>
  typeof field === "string" || isIds(field) ? 1 : field.length;

/** Whether a list is the ids of one text. */
export const isIds = (list: readonly unknown[]): list is readonly number[] =>
  list.length === 0 || typeof list[0] === "number";

/** Numbers of an object, at most. */
const MOST_NUMBERS = 10_000;

/** What does not fit, and where it is in the field. */
interface Fault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const NO_TEXTS: Fault = { path: [], message: "must be a text, a list of token ids, or a list of either" };
const NO_ID = "must be a token id, a whole number of 0 or more";
const NO_IDS: Fault = { path: [], message: "must be a list of token ids, whole numbers of 0 or more" };

/** @param fault what does not fit; undefined where all does */
const field = <T>(fault: (value: unknown) => Fault | z.core.$ZodIssue | undefined) =>
  z.unknown().transform((value, context): T => {
    const found = fault(value);
    if (found === undefined) return value as T;
    context.issues.push({ code: "custom", ...found, path: [...found.path], input: value } as never);
    return z.NEVER;
  });

/** @param least items of a list */
export const texts = (least: number) =>
  field<Texts>((value) => {
    if (typeof value === "string") return undefined;
    if (!Array.isArray(value) || value.length < least) return NO_TEXTS;
    const [first] = value;
    if (typeof first === "number") return faultOfIds(value);
    if (!Array.isArray(first)) return value.every((item) => typeof item === "string") ? undefined : NO_TEXTS;
    for (const [k, item] of value.entries()) {
      if (!Array.isArray(item)) return NO_TEXTS;
      const fault =
        item.length === 0 ? { path: [], message: "must have at least one token id" } : faultOfIds(item);
      if (fault) return { ...fault, path: fault === NO_TEXTS ? [] : [k, ...fault.path] };
    }
    return undefined;
  });

/** A list of token ids. */
export const ids = () =>
  field<readonly number[]>((value) => (Array.isArray(value) ? faultOfIds(value, NO_IDS) : NO_IDS));

/** @param otherwise where something is no whole number */
function faultOfIds(list: readonly unknown[], otherwise = NO_TEXTS): Fault | undefined {
  const odd = list.findIndex((id) => !(Number.isSafeInteger(id) && (id as number) >= 0));
  if (odd < 0) return undefined;
  return Number.isSafeInteger(list[odd]) ? { path: [odd], message: NO_ID } : otherwise;
}

/** A list of at most `most` items. */
export const list = <T>(item: z.ZodType<T>, most: number) =>
  field<readonly T[]>((value) => faultOfList(value, item, most));

/** An item, or a list of at most `most`. */
export const oneOrList = <T>(item: z.ZodType<T>, most: number) =>
  field<T | readonly T[]>((value) =>
    Array.isArray(value)
      ? faultOfList(value, item, most)
      : item.safeParse(value, { error: sentenceOf }).error?.issues[0],
  );

function faultOfList(value: unknown, item: z.ZodType, most: number): Fault | z.core.$ZodIssue | undefined {
  if (!Array.isArray(value)) return { path: [], message: "must be a list" };
  if (value.length > most)
    return { path: [], message: `must have at most ${most} items, not ${value.length}` };
  for (const [k, one] of value.entries()) {
    const issue = item.safeParse(one, { error: sentenceOf }).error?.issues[0];
    if (issue) return { ...issue, path: [k, ...issue.path] };
  }
  return undefined;
}

export const isTokenId = (name: string): boolean => /^(0|[1-9]\d{0,14})$/.test(name);

/**
 * An object of numbers.
 * @param fits whether a name is one
 * @param otherwise what a name must be
 */
export const numbersByName = (
  fits: (name: string) => boolean,
  otherwise: string,
  [from, to]: readonly [number, number],
) =>
  field<Readonly<Record<string, number>>>((value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return { path: [], message: "must be an object" };
    const entries = Object.entries(value);
    if (entries.length > MOST_NUMBERS)
      return { path: [], message: `must have at most ${MOST_NUMBERS} numbers, not ${entries.length}` };
    for (const [name, number] of entries) {
      if (!fits(name)) return { path: [name], message: otherwise };
      if (!(typeof number === "number" && number >= from && number <= to))
        return { path: [name], message: `must be a number from ${from} to ${to}` };
    }
    return undefined;
  });
