/** The built-in jokes: the npm package one-liner-joke (MIT), 2,633 jokes with tags. */
import { createRequire } from "node:module";
import { UsageError } from "../../core/errors.ts";
import { option } from "../../core/options.ts";
import { isAttack, type JokeFault, jokeJudge } from "./classroom.ts";
import { type JokeSelection, refuseFileOptions, type SourceKind, type SourceOptions } from "./source.ts";

/** The one column that can be the prompt of a joke. */
const TAGS = "tags";

interface Joke {
  /** Its place in the package, from 1. */
  readonly number: number;
  readonly body: string;
  readonly tags: readonly string[];
}

export const oneLinersKind: SourceKind = {
  name: "one-liners",
  matches: (name) => name === "one-liners",
  async open(name, options) {
    refuseFileOptions(name, options);
    const { column, promptColumn } = options;
    if (column !== undefined) {
      throw new UsageError(`one-liners has no columns; leave out the column ${JSON.stringify(column)}.`, {
        option: "column",
        value: column,
      });
    }
    if (promptColumn !== undefined && promptColumn !== TAGS) {
      throw new UsageError(
        `one-liners has ${JSON.stringify(TAGS)} to prompt with, and no ${JSON.stringify(promptColumn)}.`,
        { option: "promptColumn", value: promptColumn, expected: TAGS },
      );
    }
    const load = createRequire(import.meta.url);
    const jokes = load("one-liner-joke/jokes.json") as readonly Omit<Joke, "number">[];
    const all = jokes.map((joke, i) => ({ ...joke, number: i + 1 }));
    const selection = selectionOf(options);
    const { kept, dropped } = await select(all, selection);
    const left = all.length - kept.length;
    const note = `${left} of ${all.length.toLocaleString("en-US")} jokes are not fit for a classroom and left out; ${option("allJokes", true)} keeps them.`;
    return {
      name,
      format: "built-in",
      column: undefined,
      promptColumn,
      progress: { bytes: 0, totalBytes: 0 },
      reading: { jokes: selection, notes: selection === "classroom" ? [note] : [] },
      async *batches() {
        yield {
          texts: kept.map((joke) => joke.body),
          prompts: promptColumn === undefined ? undefined : kept.map(({ tags }) => tags.join(", ")),
          dropped: mapped(dropped, ({ body }) => body),
          rows: kept.map(({ number }) => number),
          droppedRows: mapped(dropped, ({ number }) => number),
          unit: "joke",
        };
      },
    };
  },
};

function selectionOf({ allJokes, includeAttacks }: SourceOptions): JokeSelection {
  if (allJokes || includeAttacks) return "all";
  return includeAttacks === false ? "without-attacks" : "classroom";
}

async function select(jokes: readonly Joke[], selection: JokeSelection) {
  const judge = await judgeOf(selection);
  const kept: Joke[] = [];
  const dropped = new Map<JokeFault, Joke[]>();
  for (const joke of jokes) {
    const fault = judge(joke);
    if (fault === undefined) kept.push(joke);
    else dropped.set(fault, [...(dropped.get(fault) ?? []), joke]);
  }
  return { kept, dropped };
}

async function judgeOf(selection: JokeSelection): Promise<(joke: Joke) => JokeFault | undefined> {
  if (selection === "all") return () => undefined;
  if (selection === "without-attacks")
    return ({ tags }) => (isAttack(tags) ? "attack_on_a_group" : undefined);
  const judge = await jokeJudge();
  return ({ body, tags }) => judge(body, tags);
}

const mapped = <T>(dropped: ReadonlyMap<JokeFault, readonly Joke[]>, of: (joke: Joke) => T) =>
  Object.fromEntries([...dropped].map(([fault, jokes]) => [fault, jokes.map(of)]));
