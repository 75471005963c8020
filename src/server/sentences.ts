/** What a field of a request must be, in words, where it is something else. */
import type { z } from "zod";
import { oneOf } from "../core/did-you-mean.ts";

type Issue = z.core.$ZodRawIssue;

const types: Readonly<Record<string, string>> = {
  number: "a number",
  int: "a whole number",
  string: "a text",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** For `safeParse`: undefined where zod's own words are as good. */
export function sentenceOf(issue: Issue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${types[issue.expected] ?? issue.expected}`;
    case "too_small":
      return bound(issue, issue.inclusive === false ? "above" : "at least", issue.minimum);
    case "too_big":
      return bound(issue, issue.inclusive === false ? "below" : "at most", issue.maximum);
    case "invalid_value":
      return `must be ${oneOf(issue.values.map((value) => JSON.stringify(value)))}`;
    case "invalid_union":
      return issue.discriminator === undefined ? undefined : "is none of those that are supported here";
    default:
      return undefined;
  }
}

const bound = ({ origin }: { readonly origin: string }, word: string, limit: number | bigint): string =>
  origin === "string" ? `must have ${word} ${limit} characters` : `must be ${word} ${limit}`;
