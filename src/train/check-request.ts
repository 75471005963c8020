/** What a training is asked for, checked before anything is read or written: model, data and folder. */
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import {
  checkFunction,
  checkList,
  checkName,
  checkNames,
  checkTexts,
  invalidOption,
  option,
  shown,
} from "../core/options.ts";
import { isBuiltInSource } from "../data/sources/built-in-names.ts";
import type { TrainingData } from "../data/vocabularies.ts";
import { exists } from "../files/exists.ts";
import type { Architecture } from "../models/model.ts";
import { type BaseModel, baseNames } from "./base.ts";
import { refuseTakenFolder } from "./run-folder.ts";
import { files } from "./run-record.ts";

/**
 * The values of a request that has no unknown names.
 * @throws UsageError for what cannot be honoured, as programs without types ask for it
 */
export async function checkTrainRequest(request: object): Promise<void> {
  const given = request as Readonly<Record<string, unknown>>;
  const { model, base, data, out, modelOptions, onEvent, stopWhen, writeSample, architectures } = given;
  if ((model === undefined) === (base === undefined)) {
    const expected = `${option("model")}, an architecture such as "char-lstm", or ${option("base")}, a model to train further`;
    throw new UsageError(`Give ${model === undefined ? "" : "either "}${expected}.`, {
      option: model === undefined ? "model" : "base",
      expected,
    });
  }
  if (base !== undefined && typeof (base as { folder?: unknown } | null)?.folder !== "string")
    throw new UsageError(
      `${option("base")} must be the folder of a model and its name, { folder, name }, not ${shown(base)}; \`resolveModel\` of punchline/node gives the folder of a name.`,
      { option: "base", value: base, expected: "{ folder, name }" },
    );
  if (base !== undefined) checkNames(base as BaseModel, baseNames, "base.");
  const { adapter } = (base ?? {}) as Partial<BaseModel>;
  if (adapter !== undefined && typeof adapter.folder !== "string")
    throw invalidOption("base.adapter", adapter, "the folder of an adapter and its name, { folder, name }");
  if (
    model !== undefined &&
    typeof model !== "string" &&
    typeof (model as Partial<Architecture> | null)?.build !== "function"
  )
    throw invalidOption("model", model, "an architecture, or the name of one");
  if (modelOptions !== undefined && (typeof modelOptions !== "object" || Array.isArray(modelOptions)))
    throw invalidOption("modelOptions", modelOptions, "an object, such as { width: 64 }");
  checkFunction(onEvent, "onEvent");
  checkFunction(stopWhen, "stopWhen");
  checkFunction(writeSample, "writeSample");
  checkList(architectures, "architectures");
  checkTrainingData(data);
  if (out === undefined) return;
  checkName(out, "out");
  // A run may be under way there: that is asked once the folder is locked.
  if (!(await exists(join(out as string, files.run)))) await refuseTakenFolder(out as string);
}

/** @throws UsageError for anything that is no text, and for names of files in place of their texts */
export function checkTrainingData(data: unknown): asserts data is TrainingData {
  if (typeof data === "object" && data !== null && "splits" in data) return;
  const texts = typeof data === "string" ? [data] : data;
  const refuse = (why: string, expected: string): UsageError =>
    new UsageError(`${option("data")} ${why}.`, { option: "data", value: data, expected });
  if (!Array.isArray(texts)) {
    const expected = "texts, one long text, or what `prepareData` gives";
    throw refuse(`must be ${expected}, not ${shown(data)}`, expected);
  }
  if (texts.length === 0) throw refuse("has no texts; give some to learn from", "one text or more");
  checkTexts(texts, "data");
  if (texts.every(isSourceName)) {
    const [first] = texts as readonly string[];
    const [name, names] = [JSON.stringify(first), JSON.stringify(texts.length === 1 ? first : texts)];
    const files = first!.startsWith("hf:") ? `await pullDataset(${name})` : names;
    throw refuse(
      `is the name of a source, ${name}, and not its texts; read it with \`await prepareData(${files})\``,
      "texts",
    );
  }
}

/** Whether a text can only be meant as the name of a file or a data set. */
const isSourceName = (text: string): boolean =>
  isBuiltInSource(text) ||
  /^hf:[^\s/]+\/\S+$/.test(text) ||
  (text.length < 1000 && /^[^\n]*[^\s.]\.(txt|csv|tsv|jsonl?|parquet)(\.gz|\.zip)?$/i.test(text));
