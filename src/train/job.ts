/**
 * A training that several ranks share: rank 0 sends what the others need to set up the same one, and they take its steps. They
 * touch no run folder and read no texts.
 */

import { InputError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { checkOptions, invalidOption, optionNames } from "../core/options.ts";
import { openTokenFile } from "../data/corpus/open.ts";
import type { PreparedData } from "../data/prepare.ts";
import { fingerprintTokenizer } from "../hub/fingerprint.ts";
import type { Architecture, ModelConfig } from "../models/model.ts";
import { buildModel } from "../models/registry.ts";
import {
  agreed,
  attempt,
  bytesOf,
  follow,
  Lead,
  type Order,
  type Ranks,
  send,
  sendJson,
  sendLines,
} from "../ranks/ranks.ts";
import type { Arena } from "../runtime/arena.ts";
import type { BackendOptions } from "../runtime/backend.ts";
import { nodeBackend } from "../runtime/node.ts";
import { tokenizerFormats, tokenizerFromFiles } from "../text/files.ts";
import { huggingfaceFormat } from "../text/huggingface.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { Checkpoint } from "./checkpoint-tensors.ts";
import { keptLines, parseKeptLines } from "./kept-data.ts";
import type { TrainOptions } from "./options.ts";
import { validationSplitOf } from "./session.ts";
import { adaptModel, type Setup, setUp } from "./setup.ts";
import type { TrainState } from "./state.ts";
import { orders, Team } from "./team.ts";

/** What is sent before the texts and the weights. */
interface Job {
  /** Of the model without adapters. */
  readonly config: ModelConfig;
  readonly options: TrainOptions;
  readonly backend: BackendOptions;
  readonly tokenizer: JsonObject;
  /** Where each rank finds the tokens, and the fingerprint of the data; absent where texts are sent. */
  readonly tokens?: { readonly path: string; readonly fingerprint: string } | undefined;
}

/** Rank 0 lets the others set up the same training. */
export async function shareTraining(
  lead: Lead,
  setup: Setup,
  backend: BackendOptions,
  checkpoint: Checkpoint | undefined,
): Promise<void> {
  const { ranks } = lead;
  if (ranks.size === 1) return;
  const { data, options, arena } = setup;
  const { device, threads } = backend;
  await lead.order(orders.job);
  const job: Job = {
    config: setup.model.config,
    options,
    backend: { device, threads },
    tokenizer: data.tokenizer.files() as unknown as JsonObject,
    tokens: data.encoded && { path: data.encoded.path, fingerprint: data.fingerprint },
  };
  await sendJson(ranks, job);
  await sendLines(ranks, data.encoded ? [] : keptLines(data));
  // The others set up meanwhile, and one may lack the memory.
  await agreed(ranks, { value: undefined });
  await shareState(ranks, arena, checkpoint);
}

/** @throws InputError where this machine has no such token file, or one with other texts or another vocabulary */
async function tokensOf(
  { path, fingerprint }: NonNullable<Job["tokens"]>,
  tokenizer: Tokenizer,
): Promise<PreparedData> {
  const data = await openTokenFile(path);
  if (
    data.fingerprint === fingerprint &&
    fingerprintTokenizer(data.tokenizer) === fingerprintTokenizer(tokenizer)
  )
    return { ...data, tokenizer };
  throw new InputError(
    "other-data",
    `${path} has other texts, or another vocabulary, than that of rank 0; copy one file to all machines.`,
    { path },
  );
}

/** The same training as rank 0 has set up. */
async function setUpAs(
  ranks: Ranks,
  job: Job,
  lines: Iterable<string>,
  architectures: FollowOptions["architectures"],
): Promise<Setup> {
  const { config, options, backend, tokenizer: files } = job;
  const formats = [...tokenizerFormats, huggingfaceFormat];
  const tokenizer = tokenizerFromFiles(files["tokenizer.json"], files["tokenizer_config.json"], formats);
  const data = job.tokens
    ? await tokensOf(job.tokens, tokenizer)
    : await parseKeptLines(lines, tokenizer, "What rank 0 has sent");
  const adaptation = adaptModel(buildModel(config, { architectures }), options);
  const threads = backend.threads ?? ranks.threads;
  return setUp({ adaptation, data, options, backend: nodeBackend({ ...backend, threads }), ranks });
}

/** Weights, moments and what is carried: all that a step depends on. */
async function shareState(
  ranks: Ranks,
  arena: Arena,
  checkpoint: Checkpoint | undefined,
): Promise<Checkpoint | undefined> {
  for (const region of ["parameters", "moment1", "moment2"] as const) await shareRegion(ranks, arena, region);
  const { state, carried = {}, outer = [] } = checkpoint ?? {};
  const head = await sendJson(ranks, {
    state: state ?? null,
    carried: Object.entries(carried).map(([name, { shape }]) => ({ name, shape })),
    outer: outer.length,
  });
  if (head.state === null) return undefined;
  const found: Record<string, Checkpoint["carried"][string]> = {};
  for (const { name, shape } of head.carried)
    found[name] = { dtype: "float32", shape, data: await floats(ranks, carried[name]?.data as Float32Array) };
  const momenta: Float32Array[] = [];
  for (let shard = 0; shard < head.outer; shard++) momenta.push(await floats(ranks, outer[shard]));
  return {
    state: head.state as TrainState,
    carried: found,
    outer: momenta.length > 0 ? momenta : undefined,
  };
}

async function floats(ranks: Ranks, values: Float32Array | undefined): Promise<Float32Array<ArrayBuffer>> {
  const bytes = await send(ranks, values && bytesOf(values));
  return new Float32Array(bytes.slice().buffer);
}

const MOST_BYTES = 2 ** 28;

/** Overwrites a region with that of rank 0. */
export async function shareRegion(
  ranks: Ranks,
  arena: Arena,
  region: "parameters" | "moment1" | "moment2",
): Promise<void> {
  for (const { buffer, byteOffset, byteLength } of arena.flat(region))
    for (let at = 0; at < byteLength; at += MOST_BYTES)
      await ranks.broadcast(new Uint8Array(buffer, byteOffset + at, Math.min(MOST_BYTES, byteLength - at)));
}

export interface FollowOptions {
  /** Architectures that are not in Punchline, for a training of one of them. */
  readonly architectures?: readonly Architecture[] | undefined;
}

const followNames = optionNames<keyof FollowOptions>()("architectures");

/**
 * Shares the trainings of rank 0, on any other rank, until rank 0 dismisses it. A program that `mpirun` starts several
 * times calls this on all ranks but 0, and `train` with a `lead` on that one.
 */
export async function followTraining(ranks: Ranks, options: FollowOptions = {}): Promise<void> {
  checkOptions(options, followNames);
  if (typeof ranks?.broadcast !== "function")
    throw invalidOption("ranks", ranks, "several processes, such as `startRanks` gives");
  const { release, ...handlers } = trainingOrders(ranks, options);
  await follow(ranks, handlers);
  await release();
}

/** What a rank other than 0 does when a training is ordered: it sets it up, and then takes its steps. */
export function trainingOrders(
  ranks: Ranks,
  { architectures }: FollowOptions = {},
): Readonly<Record<number, (order: Order) => Promise<void>>> & { release(): Promise<void> } {
  let team: Team | undefined;
  let release = async () => {};
  const obey = (kind: number) => (order: Order) => team!.obey[kind]!(order);
  return {
    async [orders.job]() {
      await release();
      release = async () => {};
      const job = await sendJson<Job>(ranks, undefined);
      const lines = await sendLines(ranks, undefined);
      const setup = await agreed(ranks, await attempt(() => setUpAs(ranks, job, lines, architectures)));
      const checkpoint = await shareState(ranks, setup.arena, undefined);
      if (checkpoint && checkpoint.state.batches !== null) setup.batches.restore(checkpoint.state.batches);
      team = new Team({
        ...setup,
        ...validationSplitOf(setup),
        lead: new Lead(ranks),
        carried: checkpoint?.carried,
        outer: checkpoint?.outer,
      });
      const now = team;
      release = async () => {
        await now.release();
        await setup.step.release();
        await setup.optimizer.release?.();
      };
    },
    [orders.update]: obey(orders.update),
    [orders.validate]: obey(orders.validate),
    [orders.gather]: obey(orders.gather),
    release: () => release(),
  };
}
