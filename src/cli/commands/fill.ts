/** `punchline fill`: what a masked model predicts for each [MASK]. */
import { defaultText } from "../../compare/cloze.ts";
import { visibleToken } from "../../core/printable.ts";
import { fillMasks } from "../../generate/fill.ts";
import { tokenText } from "../../text/tokenizer.ts";
import { defineCommand, optionalArgument } from "../command.ts";
import { localOptions, openHere } from "../input/open-model.ts";
import { promptAsRead, textFrom } from "../input/prompt.ts";
import { flag, integer, text, usual } from "../options/option.ts";
import { printTable } from "../output/print.ts";
import { right } from "../output/table.ts";

export default defineCommand({
  description:
    "Lists the likeliest tokens of every [MASK] of a text with their probabilities, and prints the text with the " +
    "likeliest. ## begins a piece that continues a word; in vocabularies of byte pairs, as RoBERTa's, ␣ begins a word.",
  arguments: {
    model: optionalArgument(
      "A masked model: run folder, Hugging Face folder, built-in model or Hub name (default: punchline-bert, also if TEXT alone is given)",
    ),
    text: optionalArgument(
      "A text with one [MASK] or several (default: about a hungry fox that has to jump)",
    ),
  },
  options: {
    ...usual({
      topK: integer("Tokens listed for each mask", { min: 1, default: 5 }),
      iterative: flag("Fill the surest mask first, and read again for the others"),
      textFile: text("A file with the text", { placeholder: "FILE", defaultIs: "none" }),
    }),
    ...localOptions,
  },
  examples: {
    'punchline fill punchline-bert "The fox had to jump high in the [MASK]."': "One word",
    'punchline fill bert-base-uncased "[MASK] is the new [MASK]." --iterative':
      "Two, one after the other, by the published BERT",
  },
  async run(ctx, given, { topK, iterative, textFile, ...machine }) {
    const { model, text: typed } = withModel(given);
    const text = (await textFrom(typed, textFile, "TEXT")) ?? defaultText;
    const lm = await openHere(ctx, model, machine, "continues texts and has no [MASK]");
    if (lm.tokenizer.mask !== undefined) promptAsRead(ctx, lm, text, ", and the filled text leaves that out");
    const filled = await fillMasks(lm, text, { topK, iterative });
    if (filled.note) ctx.warn(filled.note);
    ctx.print(ctx.shown(filled.text));
    filled.masks.forEach((candidates, i) => {
      ctx.print();
      printTable(
        ctx,
        [{ header: filled.masks.length > 1 ? `mask ${i + 1}` : "token" }, right("probability")],
        candidates.map(({ id, probability }) => [
          visibleToken(tokenText(lm.tokenizer, id)),
          `${(100 * probability).toFixed(1)} %`,
        ]),
      );
    });
    ctx.json(filled);
  },
});

/** A single argument with a mask is the text, since no model has such a name. */
function withModel({
  model = "punchline-bert",
  text,
}: {
  model: string | undefined;
  text: string | undefined;
}) {
  return text === undefined && /\[MASK\]|<mask>/.test(model)
    ? { model: "punchline-bert", text: model }
    : { model, text };
}
