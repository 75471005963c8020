/** Names of repositories on the Hub: `owner/name` or `name`, with an optional `@revision`. */
import { namesLike, oneOf } from "../core/did-you-mean.ts";
import { UsageError } from "../core/errors.ts";
import { builtInNames } from "./built-in.ts";

export type RepoKind = "model" | "dataset";

export interface RepoName {
  readonly kind: RepoKind;
  /** As the user wrote it, `gpt2` or `owner/name`. */
  readonly name: string;
  /** A branch, a tag, a commit or `refs/pr/1`. */
  readonly revision: string;
}

/** The owners of models that the Hub also has under a name without an owner. */
const owners: Readonly<Record<string, readonly string[]>> = {
  "openai-community": ["gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl"],
  distilbert: ["distilgpt2", "distilbert-base-uncased", "distilbert-base-cased"],
  "google-bert": ["bert-base-uncased", "bert-base-cased", "bert-large-uncased", "bert-large-cased"],
};

/** Well-known names, to suggest after a typing error. */
export const wellKnownModels: readonly string[] = [
  ...builtInNames,
  ...Object.values(owners).flat(),
  "microsoft/DialoGPT-small",
  "microsoft/DialoGPT-medium",
  "microsoft/DialoGPT-large",
  "prajjwal1/bert-tiny",
  "prajjwal1/bert-mini",
  "prajjwal1/bert-small",
];

/** `name` and the other names of the same model, the given one first. */
export function sameModel(name: string): string[] {
  for (const [owner, names] of Object.entries(owners)) {
    const bare = name.startsWith(`${owner}/`) ? name.slice(owner.length + 1) : name;
    if (names.includes(bare)) return bare === name ? [name, `${owner}/${name}`] : [name, bare];
  }
  return [name];
}

/**
 * Parses `owner/name@revision`; `revision` goes before the text's own.
 * @throws UsageError where it cannot be a name on the Hub, or the revision cannot be one.
 */
export function parseRepoName(kind: RepoKind, text: string, revision?: string): RepoName {
  const at = text.indexOf("@");
  const name = at < 0 ? text : text.slice(0, at);
  const chosen = revision ?? (at < 0 ? "main" : text.slice(at + 1));
  if (!isRepoName(name)) {
    throw new UsageError(
      `"${text}" is neither a folder nor a name on the Hub, which look like gpt2 or owner/name.`,
      { name: text },
    );
  }
  if (!/^[\w.-]+(\/[\w.-]+)*$/.test(chosen) || chosen.split("/").includes("..")) {
    throw new UsageError(`"${chosen}" cannot be a revision; give a branch, a tag or a commit.`, {
      option: "revision",
      value: chosen,
      expected: "a branch, a tag or a commit",
    });
  }
  return { kind, name, revision: chosen };
}

/** Whether the Hub could have a repository called `name`. */
export function isRepoName(name: string): boolean {
  return (
    /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/.test(name) && !/--|\.\./.test(name) && name.length <= 96
  );
}

/** A suggestion for an unknown name, such as ` Did you mean "gpt2"?`, or nothing. */
export function adviceFor(name: string, known: Iterable<string>): string {
  const near = namesLike(name, known);
  return near.length === 0 || near.includes(name)
    ? ""
    : ` Did you mean ${oneOf(near.map((other) => `"${other}"`))}?`;
}
