/**
 * One model that several ranks have: rank 0 says what to write or to score, and each does a part of it. Every rank opens the
 * model itself, by the same name.
 */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { InputError, UsageError } from "../core/errors.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { LocalModel } from "../generate/local-model.ts";
import { type OpenOptions, openLocal } from "../generate/open.ts";
import type { Sample, SampleOptions } from "../generate/sample.ts";
import { fingerprintTokenizer } from "../hub/fingerprint.ts";
import {
  agreed,
  attempt,
  type Lead,
  type Order,
  partOf,
  type Ranks,
  sendJson,
  sendList,
  together,
} from "../ranks/ranks.ts";
import type { Evaluation } from "./evaluation.ts";
import { type EvaluationOptions, scoreTexts } from "./likelihood.ts";

/** Beyond the orders of a training. */
const orders = { open: 11, write: 12, score: 13 } as const;

/** Where a model is, and how it is opened: what JSON can hold of it. */
interface Opening extends Pick<OpenOptions, "adapter" | "backend" | "quantize"> {
  readonly name: string;
}

/** The options of a sampling that other ranks can be sent. */
type Sendable = Omit<SampleOptions, "signal" | "onText">;
type Scoring = Omit<EvaluationOptions, "signal" | "onProgress">;

/** A model of rank 0 that writes many texts together with the other ranks. */
export class SharedModel extends LocalModel {
  readonly #lead: Lead;

  constructor(lm: LocalModel, lead: Lead) {
    super(lm, lm.folder);
    this.#lead = lead;
  }

  /** One text, and what a beam search finds, is written by rank 0 alone. */
  override async sample(options: SampleOptions = {}, before = 0): Promise<Sample[]> {
    const { signal, onText, ...rest } = options;
    const own = (part: SampleOptions, from: number) => super.sample({ ...part, signal }, from);
    const { ranks } = this.#lead;
    if ((options.n ?? 1) < ranks.size || options.beams !== undefined || onText)
      return super.sample(options, before);
    await this.#lead.order(orders.write, before);
    await sendJson(ranks, rest);
    return writeTogether(ranks, own, rest, before);
  }

  /** The figures of `evaluateTexts`. Errors: the same. */
  async evaluate(
    texts: readonly string[],
    { signal, onProgress, ...rest }: EvaluationOptions,
  ): Promise<Evaluation> {
    const { ranks } = this.#lead;
    await this.#lead.order(orders.score);
    await sendJson(ranks, rest);
    await sendList(ranks, texts);
    const share = (done: number) => onProgress?.(Math.min(1, done * ranks.size));
    const { evaluation } = await scoreTexts(this, texts, { ...rest, ranks, signal, onProgress: share });
    return evaluation;
  }
}

/**
 * The model of rank 0, which the others open as well.
 * @throws on all ranks, where one cannot open it, or has another model of that name
 */
export async function shareModel(lead: Lead, lm: LocalModel, opening: Opening): Promise<SharedModel> {
  await lead.order(orders.open);
  await sendJson(lead.ranks, opening);
  await sameModel(lead.ranks, await attempt(() => lm), opening.name);
  return new SharedModel(lm, lead);
}

/** Texts that each rank writes before all of them hear whether to go on. */
const ROUND = 64;

/** `n` texts, of which each rank writes a part. Their numbers are those that they have in one process. */
async function writeTogether(
  ranks: Ranks,
  write: (options: SampleOptions, before: number) => Promise<Sample[]>,
  options: Sendable,
  before: number,
): Promise<Sample[]> {
  const { n = 1 } = options;
  const all: Sample[] = [];
  while (all.length < n) {
    const count = Math.min(n - all.length, ROUND * ranks.size);
    const { from, to } = partOf(count, ranks);
    const own = await together(ranks, async () =>
      from === to ? [] : await write({ ...options, n: to - from }, before + all.length + from),
    );
    for (let rank = 0; rank < ranks.size; rank++)
      all.push(...(await sendList(ranks, ranks.rank === rank ? own : undefined, rank)));
  }
  return all;
}

/** What a rank other than 0 does when rank 0 orders texts, or scores of texts. */
export function sharedWork(
  ranks: Ranks,
): Readonly<Record<number, (order: Order) => Promise<void>>> & { release(): Promise<void> } {
  let lm: LocalModel | undefined;
  const release = async () => {
    await lm?.release();
    lm = undefined;
  };
  return {
    async [orders.open]() {
      await release();
      const { name, backend, ...others } = await sendJson<Opening>(ranks, undefined);
      const threads = backend?.threads ?? ranks.threads;
      const opened = await attempt(() =>
        openLocal(name, { ...others, backend: { ...backend, ...(threads ? { threads } : {}) } }),
      );
      lm = await sameModel(ranks, opened, name);
    },
    async [orders.write]([, before]) {
      const options = await sendJson<Sendable>(ranks, undefined);
      await writeTogether(ranks, (part, from) => lm!.sample(part, from), options, before!);
    },
    async [orders.score]() {
      const options = await sendJson<Scoring>(ranks, undefined);
      const texts = await sendList<string>(ranks, undefined);
      await scoreTexts(lm!, texts, { ...options, ranks }).catch((error: unknown) => {
        // What is refused is refused by every rank alike, before any of them waits for another.
        if (!(error instanceof UsageError)) throw error;
      });
    },
    release,
  };
}

async function sameModel(
  ranks: Ranks,
  opened: Awaited<ReturnType<typeof attempt<LocalModel>>>,
  name: string,
): Promise<LocalModel> {
  const lm = await agreed(ranks, opened);
  const own = await together(ranks, () => fingerprintOf(lm));
  const first = await sendJson(ranks, ranks.rank === 0 ? own : undefined);
  return together(ranks, () => {
    if (own === first) return lm;
    throw new InputError(
      "other-model",
      `${name} is another model here than that of rank 0; copy one model to all machines.`,
      { name },
    );
  });
}

/** Bytes of each array that are looked at. */
const LOOKED_AT = 4096;

/** A hash of the vocabulary, and of the beginning of every array of the weights. */
async function fingerprintOf({ model, tokenizer, weights }: LanguageModel): Promise<string> {
  const hash = createHash("sha256")
    .update(JSON.stringify(model.config))
    .update(fingerprintTokenizer(tokenizer));
  for (const [name, array] of Object.entries(weights).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name} ${array.dtype} ${array.shape.join(" ")}`);
    if ("data" in array) {
      const { buffer, byteOffset, byteLength } = array.data;
      hash.update(new Uint8Array(buffer, byteOffset, Math.min(byteLength, LOOKED_AT)));
      continue;
    }
    const file = await open(array.stored.file);
    try {
      const bytes = Buffer.alloc(Math.min(array.stored.length, LOOKED_AT));
      await file.read(bytes, 0, bytes.length, array.stored.offset);
      hash.update(bytes);
    } finally {
      await file.close();
    }
  }
  return hash.digest("hex");
}
