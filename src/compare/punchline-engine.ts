/** A model on this machine as Punchline runs it. */
import { type HostArray, int32, joined } from "../core/array.ts";
import { UsageError } from "../core/errors.ts";
import { createDecoder } from "../generate/decoders/create.ts";
import type { Decoder } from "../generate/decoders/decoder.ts";
import { compileMasked, createFiller } from "../generate/fill.ts";
import { contextNote, lastPart, partAround } from "../generate/fit.ts";
import { type LanguageModel, weightSpecs } from "../generate/language-model.ts";
import { promptIds } from "../generate/sample.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type State, zeroState } from "../models/model.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { compile } from "../runtime/compile.ts";
import { isHuggingFaceTokenizer } from "../text/huggingface.ts";
import { tokenText } from "../text/tokenizer.ts";
import type { Cloze } from "./cloze.ts";
import type { Engine, Question } from "./engine.ts";
import { kindOf } from "./facts.ts";

export function punchlineEngine(lm: LanguageModel, cloze: Cloze): Engine {
  const { tokenizer, model } = lm;
  return {
    model,
    vocabulary: tokenizer.size,
    mask: tokenizer.mask,
    encode: tokenizer.encode,
    token: (id) => tokenText(tokenizer, id),
    question: (after) => questionOf(lm, cloze, after),
    ...(kindOf(model) === "masked" ? maskedReader(lm) : nextTokenReader(lm)),
  };
}

/**
 * What a model reads for a cloze, with the tokens `after` behind its gap.
 * @throws UsageError where a masked model is asked about a text without a gap
 */
function questionOf(lm: LanguageModel, { left, right }: Cloze, after?: Int32Array): Question {
  const { tokenizer, model, name } = lm;
  if (kindOf(model) !== "masked") {
    // Characters come one by one: the one after a word is a space, which tells nothing about the next word.
    const before = promptIds(lm, tokenizer.kind === "character" && left !== "" ? `${left} ` : left);
    return nextTokenQuestion(lm, before, after);
  }
  const { mask } = tokenizer;
  if (mask === undefined || !isHuggingFaceTokenizer(tokenizer))
    throw new UsageError(`${name} predicts hidden tokens, but its vocabulary has no [MASK].`);
  if (right === undefined && after === undefined) throw noCloze(name);
  const before = tokenizer.encode(left);
  const words = joined(before, [mask], after ?? tokenizer.encode(right!));
  return maskQuestion(lm, words, mask, (part) => tokenizer.wrap(part));
}

/** The error where a masked model gets a complete text. */
export const noCloze = (name: string): UsageError =>
  new UsageError(
    `${name} fills blanks, and the text is a whole sentence without one; write [MASK] where a word is to be filled in.`,
  );

/** Tokens that a text which is cut leaves free after it, for other words on the right and for what is written. */
const ROOM = 16;

/** Tokens by which timed writing lengthens a text, and one more. */
const LEAST = 5;

type NamedModel = Pick<LanguageModel, "model" | "name">;

/** The question to a model that predicts the next token: the last part of `before` where its context does not hold all. */
export function nextTokenQuestion(
  { model, name }: NamedModel,
  before: Int32Array,
  after: Int32Array = new Int32Array(),
): Question {
  const { contextLength } = model;
  const part = lastPart(model, before.length, ROOM, LEAST);
  const ids = joined(before.subarray(part.from, part.to), after);
  const note = contextNote({ name, contextLength, masked: false }, part, before.length);
  return { ids, types: new Int32Array(ids.length), at: part.to - part.from - 1, note };
}

/**
 * The question to a model that fills masks: the part around the gap where its context does not hold all.
 * @param around puts the special tokens around a text
 */
export function maskQuestion(
  { model, name }: NamedModel,
  words: Int32Array,
  mask: number,
  around: (words: Int32Array) => Pick<Question, "ids" | "types">,
): Question {
  const { contextLength } = model;
  const most = contextLength - around(new Int32Array()).ids.length;
  const fits = words.length + LEAST <= most;
  const gap = words.indexOf(mask);
  const room = Math.min(ROOM, contextLength >> 2);
  const part = partAround([gap], words.length, fits ? most : Math.max(1, most - room), name);
  const { ids, types } = around(words.subarray(part.from, part.to));
  const note = contextNote({ name, contextLength, masked: true }, part, words.length);
  return { ids, types, at: ids.indexOf(mask), note };
}

type Reading = Pick<Engine, "forward" | "read" | "next" | "readMany" | "release">;

function nextTokenReader(lm: LanguageModel): Reading {
  const kind = kindOf(lm.model);
  const reader =
    kind === "causal" ? causalReader(lm) : kind === "recurrent" ? recurrentReader(lm) : undefined;
  /** By the number of texts. */
  const decoders = new Map<number, Decoder>();
  const decoderFor = (batch: number): Decoder => {
    const decoder = decoders.get(batch) ?? createDecoder(lm, { batch, overflow: "slide" });
    decoders.set(batch, decoder);
    return decoder;
  };
  const readMany = ({ ids }: Question, n: number) => {
    const decoder = decoderFor(n);
    decoder.reset();
    return decoder.append(Int32Array.from({ length: n * ids.length }, (_, i) => ids[i % ids.length]!));
  };
  const read = (question: Question) => readMany(question, 1);
  return {
    forward: reader ? reader.read : ({ ids, at, types }) => read({ ids: ids.subarray(0, at + 1), at, types }),
    read,
    readMany,
    next: kind === "window" ? undefined : (id) => decoderFor(1).append(Int32Array.of(id)),
    async release() {
      await reader?.release();
      for (const decoder of decoders.values()) await decoder.release();
    },
  };
}

interface GraphReader {
  read(question: Question): Promise<Float32Array>;
  release(): Promise<void>;
}

/** One graph for texts of all lengths; the output layer computes one row. */
function causalReader(lm: LanguageModel): GraphReader {
  const { model, weights, backend } = lm;
  const step = compile(
    (parameters: Parameters, input: { ids: Tensor; at: Tensor }) =>
      model.forward(parameters, { ids: input.ids }, evaluation, { at: input.at }).logits,
    {
      backend,
      specs: [
        weightSpecs(lm),
        { ids: { dtype: "int32", shape: [1, "length"] }, at: { dtype: "int32", shape: ["places"] } },
      ],
    },
  );
  return {
    async read({ ids, at }) {
      const result: HostArray = await step(weights, {
        ids: int32([1, ids.length], ids),
        at: int32([1], [at]),
      });
      return result.data as Float32Array;
    },
    release: () => step.release(),
  };
}

/** The whole text at once from an empty state, with one graph per length. */
function recurrentReader({ model, weights, backend }: LanguageModel): GraphReader {
  const step = compile(
    (parameters: Parameters, input: { ids: Tensor; state: State }) =>
      model.forward(parameters, input, evaluation).logits,
    { backend },
  );
  return {
    async read({ ids, at }) {
      const state = zeroState(model.state(1));
      const result: HostArray = await step(weights, { ids: int32([1, ids.length], ids), state });
      const width = result.data.length / ids.length;
      return (result.data as Float32Array).subarray(at * width, (at + 1) * width);
    },
    release: () => step.release(),
  };
}

function maskedReader(lm: LanguageModel): Reading {
  const { weights } = lm;
  const filler = createFiller(lm);
  const many = compileMasked(lm, "texts");
  const read = ({ ids, types, at }: Question) => filler.score(ids, types, [at]);
  return {
    forward: read,
    read,
    readMany({ ids, types, at }, n) {
      const { length } = ids;
      const copies = (of: Int32Array) =>
        int32(
          [n, length],
          Int32Array.from({ length: n * length }, (_, i) => of[i % length]!),
        );
      const places = Int32Array.from({ length: n }, (_, i) => i * length + at);
      return many(weights, { ids: copies(ids), tokenTypes: copies(types), at: int32([n], places) });
    },
    async release() {
      await filler.release();
      await many.release();
    },
  };
}
