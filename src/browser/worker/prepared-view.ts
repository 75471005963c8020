/** What a page shows of prepared data: enough to look at, and never so much that the page would stand still. */
import type { PreparedData } from "../../data/prepare.ts";
import type { PreparedView } from "./calls.ts";

/** Most texts of a kind that are sent to the page, and characters of one. */
const [TEXTS, CHARACTERS] = [1000, 4000];

export function preparedView({ summary, splits, droppedTexts = [] }: PreparedData): PreparedView {
  const { near_examples, cleaning_loss, examples } = summary;
  const { example } = cleaning_loss;
  return {
    summary: {
      ...summary,
      examples: examples.map(shown),
      near_examples: near_examples.map(({ dropped, kept }) => ({
        dropped: shown(dropped),
        kept: shown(kept),
      })),
      cleaning_loss: {
        ...cleaning_loss,
        example: example && { before: shown(example.before), after: shown(example.after) },
      },
    },
    kept: splits.train.slice(0, TEXTS).map(shown),
    dropped: droppedTexts.slice(0, TEXTS).map(({ text, reason }) => ({ text: shown(text), reason })),
  };
}

/** A copy, too: a piece of a long string keeps all of it in memory. */
const shown = (text: string): string =>
  text.length <= CHARACTERS ? text : `${[...text.slice(0, CHARACTERS)].join("")} …`;
