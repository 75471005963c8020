/** The built-in jokes: the npm package one-liner-joke (MIT), 2,633 jokes with tags. */
import { createRequire } from "node:module";
import { UsageError } from "../../core/errors.ts";
import { refuseFileOptions, type SourceKind } from "./source.ts";

/**
 * Tags whose jokes are left out unless asked for, because the joke is, as a rule, an attack on people for what
 * they are: skin colour or origin (`racist`, `black`), whom they love (`gay`), looks (`fat`, `ugly`), and the
 * stock joke that a kind of woman is stupid (`blonde`).
 */
export const attackTags: ReadonlySet<string> = new Set(["racist", "black", "gay", "fat", "ugly", "blonde"]);

/**
 * Tags of contempt and tags of a group: a joke with one of each is taken for an attack on the group. A tag of
 * either list alone says too little: `women` and `men` are on every joke about couples, `insults` and `rude`
 * on every joke about one's boss.
 */
const contemptTags: ReadonlySet<string> = new Set(["insults", "rude", "hate", "stupid"]);
const groupTags: ReadonlySet<string> = new Set(["women", "men"]);

/** The reason under which such jokes are counted. */
const attackReason = "attack_on_a_group";

/** Whether the tags of a joke make it one that is left out by default. */
function isAttack(tags: readonly string[]): boolean {
  const has = (list: ReadonlySet<string>) => tags.some((tag) => list.has(tag));
  return has(attackTags) || (has(contemptTags) && has(groupTags));
}

/** The one column that can be the prompt of a joke. */
const TAGS = "tags";

export const oneLinersKind: SourceKind = {
  name: "one-liners",
  matches: (name) => name === "one-liners",
  async open(name, options) {
    refuseFileOptions(name, options);
    const { column, promptColumn, includeAttacks = false } = options;
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
    const jokes = load("one-liner-joke/jokes.json") as readonly { body: string; tags: readonly string[] }[];
    return {
      name,
      format: "built-in",
      column: undefined,
      promptColumn,
      progress: { bytes: 0, totalBytes: 0 },
      async *batches() {
        const kept = includeAttacks ? jokes : jokes.filter((joke) => !isAttack(joke.tags));
        const attacks = jokes.filter((joke) => isAttack(joke.tags)).map((joke) => joke.body);
        yield {
          texts: kept.map((joke) => joke.body),
          prompts: promptColumn === undefined ? undefined : kept.map(({ tags }) => tags.join(", ")),
          dropped: includeAttacks ? {} : { [attackReason]: attacks },
        };
      },
    };
  },
};
