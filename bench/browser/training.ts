/** Training in a browser: beside TensorFlow.js and jax-js on one thread, on two threads, and beside Node. */
import type { ModelConfig } from "../../src/models/model.ts";
import { architectureOf } from "../../src/models/registry.ts";
import { nodeBackend } from "../../src/runtime/node.ts";
import { type Absent, type BenchRow, median, row, time } from "../bench.ts";
import { Limits } from "../limits/limits.ts";
import { productThroughput } from "../limits/products.ts";
import { forwardOperations } from "../limits/work.ts";
import { type Peer, startNode } from "../python.ts";
import { fewest, quick } from "../quick.ts";
import type { TrainingCase } from "../training/compare.ts";
import type { ProductsAsk } from "./pages/ours-training.ts";
import { type Side, startSide } from "./side.ts";

type NamedCase = TrainingCase & { readonly name: string };

const usualCases: readonly NamedCase[] = [
  {
    name: "LSTM 1x256, batch 32x64",
    model: "char-lstm",
    options: { width: 256, layers: 1, embedding: 64, dropout: 0 },
    vocabulary: 100,
    batch: 32,
    length: 64,
  },
  {
    name: "transformer 4x128, batch 12x64",
    model: "char-transformer",
    options: { positions: "learned" },
    vocabulary: 65,
    batch: 12,
    length: 64,
  },
];

/** The same networks small: a step of the slowest contestant takes half a minute with the others. */
const smallCases: readonly NamedCase[] = [
  {
    ...usualCases[0]!,
    name: "LSTM 1x16, batch 4x8",
    options: { width: 16, layers: 1, embedding: 8, dropout: 0 },
    batch: 4,
    length: 8,
  },
  {
    ...usualCases[1]!,
    name: "transformer 1x16, batch 2x64",
    options: { positions: "learned", width: 16, layers: 1, heads: 2 },
    batch: 2,
  },
];

const cases = quick ? smallCases : usualCases;

const ours: Side = { script: "ours-training.ts", name: "Punchline" };
const tensorflow: Side = {
  script: "tfjs-training.ts",
  name: "TensorFlow.js",
  packages: ["@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-wasm", "@tensorflow/tfjs-backend-cpu"],
};
const jax: Side = { script: "jax-training.ts", name: "jax-js", packages: ["@jax-js/jax"] };

const RUNS = fewest(5);
const SECONDS = quick ? 0.1 : 0.7;
/** Milliseconds of a contestant's turns after which it has no more. */
const LONG = 5000;

export async function trainingRows(): Promise<BenchRow[]> {
  const one = await productsOf(1);
  const two = await productsOf(2);
  const rows = [productRow("one thread", one), productRow("two threads", two)];
  for (const { name, ...training } of cases)
    rows.push(...(await rowsOf(name, training, { one: limits(one.web), two: limits(two.web) })));
  return rows;
}

/** Operations a second of plain products in a page and in Node. */
async function productsOf(threads: number): Promise<{ readonly web: number; readonly node: number }> {
  const side = await startSide(ours);
  if ("absent" in side) throw new Error(side.absent);
  try {
    const ask: ProductsAsk = { op: "products", threads };
    const { throughput: web } = await side.ask<{ throughput: number }>(ask);
    return { web, node: await productThroughput(nodeBackend({ threads })) };
  } finally {
    await side.stop();
  }
}

const productRow = (threads: string, { web, node }: { readonly web: number; readonly node: number }) =>
  row({
    case: `a plain product of two matrices, WebAssembly, ${threads}`,
    unit: "GFLOP/s",
    better: "more",
    ours: web / 1e9,
    peer: node / 1e9,
    peerName: `Node, ${threads}`,
    note: "what a training step, which is mostly products, can reach at most",
  });

/** Those of a page, where products limit and memory does not. */
const limits = (products: number): Limits =>
  new Limits({ bandwidth: Infinity, products: { one: products, all: products }, peak: null });

/** Multiplications and additions of one training step. */
function stepOperations({ model, options, vocabulary, batch, length }: TrainingCase): number {
  const architecture = architectureOf(model);
  const network = architecture.build(architecture.configure(options, vocabulary));
  return 3 * forwardOperations(network, { rows: batch * length });
}

const backendOf = (key: string) => (key === "tensorflowPlain" ? "cpu" : "wasm");

/**
 * The median figure of each contestant, in turn. One that has taken long enough has no more turns: a step of the slowest
 * takes half a minute.
 */
async function inTurn(
  contestants: Readonly<Record<string, () => Promise<number>>>,
): Promise<Readonly<Record<string, number>>> {
  const figures = new Map(Object.keys(contestants).map((key) => [key, [] as number[]]));
  const spent = new Map<string, number>();
  for (let run = 0; run < RUNS; run++)
    for (const [key, contestant] of Object.entries(contestants)) {
      if ((spent.get(key) ?? 0) > LONG) continue;
      const milliseconds = await time(async () => figures.get(key)!.push(await contestant()));
      spent.set(key, (spent.get(key) ?? 0) + milliseconds);
    }
  return Object.fromEntries([...figures].map(([key, found]) => [key, median(found)]));
}

async function rowsOf(
  name: string,
  training: TrainingCase,
  limitsOf: { readonly one: Limits; readonly two: Limits },
): Promise<BenchRow[]> {
  const work = { operations: stepOperations(training) };
  const started: Peer[] = [];
  const kept = <P extends Peer | Absent>(side: P): P => {
    if (!("absent" in side)) started.push(side);
    return side;
  };
  try {
    const node = () => startNode(new URL("../training/step.ts", import.meta.url));
    const sides = {
      one: kept(await startSide(ours)),
      two: kept(await startSide(ours)),
      nodeOne: kept(node()),
      nodeTwo: kept(node()),
      tensorflow: kept(await startSide(tensorflow)),
      tensorflowPlain: kept(await startSide(tensorflow)),
      jax: kept(await startSide(jax)),
    };
    const threadsOf = (side: string) => (side === "two" || side === "nodeTwo" ? 2 : 1);
    let config: ModelConfig | undefined;
    const contestants: Record<string, () => Promise<number>> = {};
    for (const [key, side] of Object.entries(sides)) {
      if ("absent" in side) continue;
      const asked = { op: "setup", ...training, threads: threadsOf(key), config, backend: backendOf(key) };
      config ??= (await side.ask<{ config: ModelConfig }>(asked)).config;
      process.stderr.write(`${name}: ${side.name}, ${backendOf(key)}\n`);
      if (key !== "one") await side.ask({ ...asked, config });
      contestants[key] = async () =>
        (await side.ask<{ rate: number }>({ op: "train", seconds: SECONDS })).rate;
    }
    const rates = await inTurn(contestants);
    const figure = (key: keyof typeof sides): number | Absent => {
      const side = sides[key];
      return "absent" in side ? side : rates[key]!;
    };
    const [wasm, plain] = [rates.tensorflow ?? 0, rates.tensorflowPlain ?? 0];
    const compared = (
      what: string,
      own: "one" | "two",
      peer: number | Absent,
      peerName: string,
      note?: string,
    ) =>
      row({
        case: `${name}, ${what}`,
        unit: "characters/s",
        better: "more",
        ours: rates[own]!,
        peer,
        peerName,
        limit: limitsOf[own].rate(work, training.batch * training.length),
        ...(note ? { note } : {}),
      });
    const nameOf = (side: Peer | Absent, fallback: string) => ("absent" in side ? fallback : side.name);
    return [
      compared(
        "one thread",
        "one",
        figure(plain > wasm ? "tensorflowPlain" : "tensorflow"),
        `${nameOf(sides.tensorflow, tensorflow.name)}, ${plain > wasm ? "plain JavaScript" : "WebAssembly"}`,
        wasm > 0
          ? `the faster of its backends: WebAssembly ${wasm.toFixed(0)}, plain JavaScript ${plain.toFixed(0)}`
          : undefined,
      ),
      compared("one thread", "one", figure("jax"), `${nameOf(sides.jax, jax.name)}, WebAssembly`),
      compared("two threads", "two", rates.one!, "one thread"),
      compared("one thread", "one", rates.nodeOne!, "Node, one thread"),
      compared("two threads", "two", rates.nodeTwo!, "Node, two threads"),
    ];
  } finally {
    for (const side of started) await side.stop();
  }
}
