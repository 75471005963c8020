/**
 * `punchline serve` with one client and with eight at once, beside llama.cpp (node-llama-cpp) with as many sequences: the
 * built-in GPT-2, GPT-2 of 124M in 8 bits and a Llama of 135M, random weights but for the first; and how fast a server under
 * that load answers. PUNCHLINE_SERVING names one of them: small, gpt2 or llama.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportModel } from "../src/export/export.ts";
import { llama } from "../src/models/llama.ts";
import { type BenchRow, interleave, plain, row } from "./bench.ts";
import { writeGpt2, writeModel } from "./gpt2/folder.ts";
import { startJavaScript } from "./javascript.ts";
import { quick, usualSize } from "./quick.ts";
import { type Load, startLoad } from "./serving/load.ts";

const CLIENTS = 8;
const RUNS = 3;
const THREADS = 2;
const prompt = Array.from({ length: 16 }, (_, k) => 300 + 37 * k);

interface Case {
  readonly name: string;
  readonly title: string;
  /** Makes the model's folder; absent for the built-in one. */
  readonly make?: (folder: string) => Promise<void>;
  readonly quantize?: "q8";
  readonly tokens: number;
}

const cases: readonly Case[] = [
  { name: "small", title: "punchline-gpt2", tokens: quick ? 24 : 120 },
  { name: "gpt2", title: "GPT-2 124M, 8 bits", make: writeGpt2, quantize: "q8", tokens: quick ? 16 : 48 },
  {
    name: "llama",
    title: "a Llama of SmolLM2-135M's shape",
    make: (folder) => writeModel(llama.build(llama.configure(usualSize("smollm2-135m"), 49_152)), folder),
    tokens: quick ? 8 : 24,
  },
];

export default async function servingBench(): Promise<BenchRow[]> {
  const wanted = process.env.PUNCHLINE_SERVING;
  const rows: BenchRow[] = [];
  for (const one of cases)
    if (wanted === undefined || one.name === wanted) rows.push(...(await measure(one)));
  return rows;
}

async function measure({ title, make, quantize, tokens }: Case): Promise<BenchRow[]> {
  const scratch = await mkdtemp(join(tmpdir(), "punchline-bench-"));
  let load: Load | undefined;
  const peer = startJavaScript(new URL("peers/llama-many.ts", import.meta.url), "llama");
  try {
    const folder = make ? join(scratch, "model") : "models/punchline-gpt2";
    await make?.(folder);
    const args = [make ? folder : "punchline-gpt2", ...(quantize ? ["--quantize", quantize] : [])];
    load = await startLoad({ args, model: make ? "model" : "punchline-gpt2", prompt, tokens });
    const present = "absent" in peer ? undefined : peer;
    if (present) {
      const out = join(scratch, "gguf");
      const { files } = await exportModel(folder, {
        format: "gguf",
        types: [quantize ? "q8_0" : "f32"],
        out,
      });
      const path = join(out, files[0]!);
      await present.ask({ op: "setup", path, threads: THREADS, sequences: CLIENTS });
    }
    const ours = load;
    const theirs = (texts: number) => async () =>
      (await present!.ask<{ rate: number }>({ op: "write", prompt, tokens, texts })).rate;
    const rates: Readonly<Record<string, number>> = await interleave<string>(
      {
        one: () => ours.write(1),
        many: () => ours.write(CLIENTS),
        ...(present ? { "llama one": theirs(1), "llama many": theirs(CLIENTS) } : {}),
      },
      { runs: RUNS },
    );
    const rate = (name: string) => rates[name]!;
    const peerName = present?.name ?? "node-llama-cpp";
    const beside = (name: string) => (present ? rate(`llama ${name}`) : (peer as { absent: string }));
    const { first, health, cancel } = await ours.delays(CLIENTS);
    const shared = { unit: "tokens/s", better: "more" } as const;
    return [
      row({ ...shared, case: `${title}, one client`, ours: rate("one"), peer: beside("one"), peerName }),
      row({
        ...shared,
        case: `${title}, ${CLIENTS} clients`,
        ours: rate("many"),
        peer: beside("many"),
        peerName,
      }),
      row({
        ...shared,
        case: `${title}, ${CLIENTS} clients beside one`,
        ours: rate("many"),
        peer: rate("one"),
        peerName: "one client",
      }),
      plain(`${title}, ${CLIENTS} clients: first token of a short request, p95`, "ms", first),
      plain(`${title}, ${CLIENTS} clients: /health, p95`, "ms", health),
      plain(`${title}, ${CLIENTS} clients: a client that left, longest`, "ms", cancel),
    ];
  } finally {
    await load?.stop();
    if (!("absent" in peer)) await peer.stop();
    await rm(scratch, { recursive: true });
  }
}
