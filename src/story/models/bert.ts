/**
 * The story's BERT: a small one, made from nothing on this machine, that learns to fill masks in the novel and in
 * the jokes. Its vocabulary are the commonest words of both.
 */
import { prepareData } from "../../data/prepare-sources.ts";
import { huggingfaceTokenizer } from "../../text/huggingface.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import { wordPieceFiles } from "../../text/wordpiece-files.ts";
import { wordPieceVocabulary } from "../../text/wordpiece-vocabulary.ts";
import type { StoryRun } from "../runs.ts";
import type { Telling } from "../telling.ts";
import { PROSE } from "./gpt.ts";
import { writeUntrained } from "./untrained.ts";

const MODEL = "bert";
const VOCABULARY = 4096;
const modelOptions = { layers: 2, width: 128, heads: 2, context: 128, dropout: 0 } as const;

/** The folder of the model before its training, beside which it is kept. */
export const bertFolders = ["bert-untrained", "bert"] as const;

export const bertModel = (telling: Telling): Promise<StoryRun> =>
  telling.runs.get("bert", async () => {
    const { runs, plan, seed } = telling;
    const tokenizer = await bertVocabulary(telling);
    const folder = runs.folderOf("bert-untrained");
    await writeUntrained(folder, { model: MODEL, options: modelOptions, tokenizer, seed });
    const sources = [PROSE, ...telling.sources];
    return {
      what: "a small BERT",
      model: MODEL,
      base: { folder, name: folder },
      data: await prepareData(sources, { vocabulary: tokenizer, cleaning: { keepUnicode: false } }),
      sources,
      options: {
        batchSize: 16,
        seqLen: 64,
        learningRate: 2e-3,
        validationTokens: 4000,
        maxMinutes: plan.masking,
        seed,
      },
    };
  });

/** Lower-case words, as of bert-base-uncased, and letters to spell all others. */
export async function bertVocabulary({ sources }: Telling): Promise<Tokenizer> {
  const { splits } = await prepareData([PROSE, ...sources]);
  const files = wordPieceFiles(wordPieceVocabulary(splits.train, VOCABULARY), { do_lower_case: true });
  return huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
}
