/** `punchline suggest`: predictive typing in a terminal, and suggestions for given texts elsewhere. */
import { createInterface } from "node:readline";
import type { LanguageModel } from "../../generate/language-model.ts";
import { lowLatency } from "../../generate/load.ts";
import { createSuggester, type Suggester, type Suggestions } from "../../generate/suggest.ts";
import { defineCommand, optionalArgument } from "../command.ts";
import type { Context } from "../context.ts";
import { localOptions, openHere } from "../input/open-model.ts";
import { cleaningNote, textFrom, typedTextAsRead } from "../input/prompt.ts";
import { deviceOf } from "../options/device.ts";
import { integer, text as textOption, usual } from "../options/option.ts";
import { right, table } from "../output/table.ts";
import { typeWithSuggestions } from "../typing/session.ts";

export default defineCommand({
  description:
    "In a terminal, shows in grey how the word that you type may end, and lists others below it: Tab takes the " +
    "grey one, arrows choose, Enter ends and prints the text. With TEXT, in a pipe or with --json, prints the " +
    "likeliest next characters or tokens, words and continuations of that text, or of each line of the input, " +
    "with their probabilities.",
  arguments: {
    model: optionalArgument(
      "Run folder, Hugging Face folder, built-in model or Hub name (default: punchline-gpt2)",
    ),
    text: optionalArgument("The text so far (default: typed, or each line of the input)"),
  },
  options: {
    ...usual({
      n: integer("Suggestions of each kind", { short: "n", min: 1, max: 50, default: 3 }),
      textFile: textOption("A file with the text so far", { placeholder: "FILE", defaultIs: "none" }),
    }),
    ...localOptions,
  },
  examples: {
    "punchline suggest": "Type, with the built-in punchline-gpt2",
    "punchline suggest runs/a": "Type, with a model of yours",
    'punchline suggest punchline-gpt2 "The old man loo" --json': "For a program",
  },
  async run(ctx, { model = "punchline-gpt2", text: typed }, { n, textFile, ...machine }) {
    const text = await textFrom(typed, textFile, "TEXT");
    const lm = await openHere(ctx, model, machine, "does not give the probability of each next token");
    const suggester = createSuggester(lowLatency(lm, deviceOf(machine)));
    try {
      if (text === undefined && ctx.isTTY && process.stdin.isTTY && !ctx.asJson) {
        await type(ctx, lm, suggester, n);
      } else {
        await answer(ctx, lm, suggester, n, text === undefined ? inputLines(ctx.interrupt) : [text]);
      }
    } finally {
      await suggester.release();
    }
  },
});

async function type(ctx: Context, lm: LanguageModel, suggester: Suggester, n: number): Promise<void> {
  const { text } = await typeWithSuggestions({
    suggester,
    n,
    input: process.stdin,
    output: process.stdout,
    style: ctx.style,
    signal: ctx.interrupt,
  });
  if (text !== "") ctx.print(text);
  warnOfCleaning(ctx, lm, text);
  ctx.json({ text });
}

const inputLines = (signal: AbortSignal) =>
  createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY, signal });

interface Answer {
  readonly text: string;
  readonly suggestions: Omit<Suggestions, "unread" | "note">;
  /** Characters that the vocabulary lacks, if any. */
  readonly unread?: string | undefined;
}

/** The document is the answer for one text, and `{texts}` for several or none. */
async function answer(
  ctx: Context,
  lm: LanguageModel,
  suggester: Suggester,
  n: number,
  texts: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  const answers: Answer[] = [];
  let warned = false;
  for await (const text of texts) {
    ctx.interrupt.throwIfAborted();
    const { unread, note, ...suggestions } = await suggester.suggest(text, { n });
    answers.push({ text, suggestions, unread: unread === "" ? undefined : unread });
    if (answers.length > 1) ctx.print();
    ctx.print(ctx.shown(text));
    ctx.print(listed(suggestions, ctx.columns));
    if (!warned) warned = warnOfCleaning(ctx, lm, text);
    if (note !== undefined) ctx.warn(note);
    if (unread !== "") ctx.warn(`The model's vocabulary lacks ${JSON.stringify(unread)}: not read.`);
  }
  ctx.interrupt.throwIfAborted();
  const [one] = answers;
  ctx.json(one !== undefined && answers.length === 1 ? one : { texts: answers });
}

/** Warns if the model reads a text otherwise than it was typed; returns whether it did. */
function warnOfCleaning(ctx: Context, lm: LanguageModel, text: string): boolean {
  const read = typedTextAsRead(lm, text);
  if (read !== undefined) ctx.warn(cleaningNote("The text", read));
  return read !== undefined;
}

function listed(suggestions: Answer["suggestions"], width: number): string {
  const rows = Object.entries(suggestions).flatMap(([kind, list]) =>
    list.map(({ text, probability }, i) => [
      i === 0 ? kind : "",
      JSON.stringify(text),
      `${(100 * probability).toFixed(2)} %`,
    ]),
  );
  return table(["kind", "text", right("probability")], rows, { width });
}
