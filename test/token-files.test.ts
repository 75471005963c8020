/** Token files: the same texts, splits, tokens and losses as data in memory, and one sentence for what is no such file. */
import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openTokenFile } from "../src/data/corpus/open.ts";
import { prepareTokenFile } from "../src/data/corpus/prepare-file.ts";
import { writeTokens } from "../src/data/corpus/write.ts";
import { drawnIds, drawnOrder } from "../src/data/drawn-ids.ts";
import { hashText } from "../src/data/hash.ts";
import { prepareText } from "../src/data/prepare.ts";
import { type PrepareDataOptions, prepareData } from "../src/data/prepare-sources.ts";
import { splitNames } from "../src/data/split.ts";
import { encodeSplit } from "../src/data/tokens.ts";
import { tokenizerFromFiles } from "../src/text/files.ts";
import { resume, train } from "../src/train/train.ts";
import { builtCli, punchline as inProcess, temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import { babble, contentsOf } from "./training-fixture.ts";

/** Jokes with repetitions: of a few words, some twice, some nearly twice. */
function jokes(count: number): string[] {
  return Array.from({ length: count }, (_, k) => {
    const number = k % 9 === 8 ? k - 4 : k;
    const extra = k % 11 === 10 ? "!" : "";
    return `${babble(90).slice(number % 40, 70 + (number % 15))} number ${number * number} of ${number}${extra}`;
  });
}

/** A file of lines in a folder of its own. */
function lines(texts: readonly string[], name = "jokes.txt"): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, `${texts.join("\n")}\n`);
  return path;
}

const table = (count: number): string =>
  lines(
    ["question,answer", ...jokes(count).map((joke, k) => `"why, ${k % 5} ${k}?","${joke}"`)],
    "pairs.csv",
  );

/** Both ways of reading the same sources. */
async function both(sources: readonly string[], options: PrepareDataOptions = {}) {
  const path = join(temporaryFolder(), "corpus.tokens");
  const summary = await prepareTokenFile(path, sources, options);
  return { stored: await openTokenFile(path), memory: await prepareData(sources, options), summary, path };
}

describe("a token file has what prepareData gives", () => {
  const cases: Readonly<
    Record<string, readonly [sources: () => string[], options: PrepareDataOptions, heldOut?: () => string]>
  > = {
    "of lines": [() => [lines(jokes(300))], {}],
    "of lines with exact copies dropped alone": [() => [lines(jokes(300))], { nearDuplicates: false }],
    "of lines with all copies kept": [
      () => [lines(jokes(60))],
      { nearDuplicates: false, exactDuplicates: false },
    ],
    "of two texts": [() => [lines(["a hen", "a road"])], { nearDuplicates: false }],
    "of the built-in jokes": [() => ["one-liners"], {}],
    "in words": [() => [lines(jokes(300))], { vocabulary: "word", minCount: 1 }],
    "in byte-level BPE": [() => [lines(jokes(300))], { vocabulary: "bpe", vocabularySize: 400 }],
    "in WordPiece": [() => [lines(jokes(300))], { vocabulary: "wordpiece", vocabularySize: 400 }],
    "of several scripts, with half a character": [
      () => [
        lines(
          [...jokes(40), "чому \u{1f602} курка", "\ud83d half"].map((text) => JSON.stringify({ text })),
          "jokes.jsonl",
        ),
      ],
      { cleaning: false, vocabulary: "bpe", vocabularySize: 300 },
    ],
    "with prompts": [() => [table(200)], { vocabulary: "bpe", vocabularySize: 400 }],
    "with texts for validation from another file": [
      () => [lines(jokes(120))],
      { nearDuplicates: false, fractions: { test: 0.1 } },
      () => lines(jokes(15), "held.txt"),
    ],
    "of documents": [
      () => [lines(jokes(60).flatMap((joke) => [joke, "", joke.slice(3, 40), "<|endoftext|>"]))],
      { vocabulary: "bpe", vocabularySize: 300 },
    ],
  };

  it.each(Object.entries(cases))("%s", async (_, [sources, options, heldOut]) => {
    const held = heldOut ? { validationSource: heldOut() } : {};
    const { stored, memory, summary } = await both(sources(), { ...options, ...held });
    expect(summary).toEqual(memory.summary);
    expect(stored.summary).toEqual(JSON.parse(JSON.stringify(memory.summary)));
    expect(stored.fingerprint).toBe(memory.fingerprint);
    expect(stored.cleaning).toEqual(memory.cleaning);
    for (const split of splitNames) {
      const [of, own] = [encodeSplit(stored, split), encodeSplit(memory, split)];
      expect(Array.from(of.tokens)).toEqual(Array.from(own.tokens));
      expect(of).toEqual({ ...own, tokens: of.tokens });
      if (stored.tokenizer.kind === "character" || stored.tokenizer.kind === "bpe") {
        expect(stored.splits[split]).toEqual(
          memory.splits[split].map((text) => Buffer.from(text).toString()),
        );
        expect(stored.prompts?.[split]).toEqual(memory.prompts?.[split]);
      } else
        expect(() => stored.splits[split]).toThrow(/has the tokens of its texts.*give the texts themselves/);
    }
  });

  it("of one long text", async () => {
    const data = prepareText(babble(3000));
    const path = join(temporaryFolder(), "book.tokens");
    await writeTokens(path, data);
    const stored = await openTokenFile(path);
    expect(stored.splits.train).toEqual(data.splits.train);
    expect(stored.kind).toBe("text");
    expect(Array.from(encodeSplit(stored, "validation").tokens)).toEqual(
      Array.from(encodeSplit(data, "validation").tokens),
    );
  });
});

it("stored texts in a drawn order are the texts in that order, from any place to any other", async () => {
  const { stored, memory } = await both([lines(jokes(200))]);
  const { tokens, offsets } = encodeSplit(memory, "train");
  const order = drawnOrder(7, offsets.length - 1);
  const expected = Array.from(order).flatMap((i) => Array.from(tokens.subarray(offsets[i], offsets[i + 1])));
  const ids = drawnIds(stored.encoded!.splits.train, 7);
  expect(ids.length).toBe(expected.length);
  for (let from = 0; from < ids.length; from += 97) {
    const to = Math.min(ids.length, from + 1 + (from % 301));
    const out = new Int32Array(to - from + 2).fill(-1);
    ids.copy(from, to, out, 1);
    expect(Array.from(out)).toEqual([-1, ...expected.slice(from, to), -1]);
  }
});

const tiny = { steps: 12, batchSize: 4, seqLen: 16, validateEvery: 4, logEvery: 1, sampleEvery: 0, seed: 3 };
const small = { layers: 1, width: 16, heads: 2, context: 32 };
const bpe = { vocabulary: "bpe", vocabularySize: 300 } as const;

/** By what is trained: the data, and the rest of the request. */
const trainings = {
  "char-lstm, which reads its texts in a drawn order": [
    {},
    { model: "char-lstm", modelOptions: { layers: 1, width: 12, embedding: 6 } },
  ],
  "char-cnn, in shuffled windows": [
    {},
    { model: "char-cnn", modelOptions: { layers: 2, width: 8 }, options: { seqLen: 7 } },
  ],
  "word-lstm": [
    { vocabulary: "word", minCount: 1 },
    { model: "word-lstm", modelOptions: { layers: 1, width: 12 } },
  ],
  "gpt2, in one stream": [bpe, { model: "gpt2", modelOptions: small }],
  "gpt2, in blocks": [bpe, { model: "gpt2", modelOptions: small, options: { packing: "blocks" } }],
  "gpt2, a text a row": [
    bpe,
    { model: "gpt2", modelOptions: small, options: { packing: "none", longTexts: "truncate" } },
  ],
  "bert, which fills masks": [
    { vocabulary: "wordpiece", vocabularySize: 300 },
    { model: "bert", modelOptions: small },
  ],
} as const;

describe("a training from a token file has the losses of one in memory, to the bit:", () => {
  it.each(Object.entries(trainings))("%s", async (_, [options, request]) => {
    const { stored, memory } = await both([lines(jokes(300))], options);
    const given = { ...request, options: { ...tiny, ...("options" in request ? request.options : {}) } };
    const [a, b] = [await train({ ...given, data: stored }), await train({ ...given, data: memory })];
    const losses = ({ log }: typeof a) => log.map(({ loss, val_loss }) => [loss, val_loss]);
    expect(losses(a)).toEqual(losses(b));
    expect(losses(a).every(([loss]) => Number.isFinite(loss))).toBe(true);
    expect(losses(a)).toHaveLength(12);
  });

  it("with prompts, fine-tuned", async () => {
    const { tokenizer } = await (await import("../src/index.ts")).openLocal("punchline-gpt2");
    const { stored, memory } = await both([table(60)], { vocabulary: tokenizer });
    const folder = await (await import("../src/hub/pull.ts")).resolveModel("punchline-gpt2");
    const request = {
      base: { folder, name: "punchline-gpt2" },
      options: { ...tiny, seqLen: 64, steps: 2, validateEvery: 2 },
    };
    const [a, b] = [await train({ ...request, data: stored }), await train({ ...request, data: memory })];
    expect(a.log.map(({ loss, val_loss }) => [loss, val_loss])).toEqual(
      b.log.map(({ loss, val_loss }) => [loss, val_loss]),
    );
  });
});

it("a training that was stopped goes on from the file as if it had not been", async () => {
  const { stored, path } = await both([lines(jokes(300))]);
  const folder = temporaryFolder();
  const request = {
    model: "char-lstm",
    modelOptions: { layers: 1, width: 12, embedding: 6, dropout: 0.1 },
    data: stored,
  };
  const options = { ...tiny, schedule: "constant", warmup: 0, keep: "last" } as const;
  await train({ ...request, options, out: join(folder, "whole") });
  await train({ ...request, options: { ...options, steps: 5 }, out: join(folder, "parts") });
  await resume(join(folder, "parts"), { options: { steps: 12 } });
  const [parts, whole] = [await contentsOf(join(folder, "parts")), await contentsOf(join(folder, "whole"))];
  expect(parts.tensors).toEqual(whole.tensors);
  expect(existsSync(join(folder, "parts", "texts.jsonl"))).toBe(false);
  expect(JSON.parse(readFileSync(join(folder, "parts", "run.json"), "utf8")).sources).toEqual([path]);
  // Another file in its place is named as what it is.
  await prepareTokenFile(path, [lines(jokes(300))], { vocabulary: "bpe", vocabularySize: 300 });
  await expect(resume(join(folder, "parts"), { options: { steps: 14 } })).rejects.toThrow(
    /^\S*corpus\.tokens is in another vocabulary than the model in \S*parts, so its ids mean other tokens/,
  );
});

describe("the command line", () => {
  it("makes a file, trains from it, evaluates on it, and goes on", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "jokes.txt"), jokes(300).join("\n"));
    const run = async (...words: string[]) => {
      const ran = await punchline(words, { cwd });
      expect(ran.stderr).not.toMatch(/^error/m);
      expect(ran.status).toBe(0);
      return ran.stdout;
    };
    const made = JSON.parse(await run("data", "jokes.txt", "--out", "jokes.tokens", "--json"));
    expect(JSON.parse(await run("data", "jokes.tokens", "--json"))).toEqual(made);
    const few = ["--steps", "4", "--width", "8", "--layers", "1", "--seq-len", "8", "--batch-size", "2"];
    await run("train", "--data", "jokes.tokens", "--out", "a", ...few);
    await run("train", "--data", "jokes.txt", "--out", "b", ...few);
    const losses = async (of: string) => (await contentsOf(join(cwd, of))).log;
    const evaluated = async (...words: string[]) => JSON.parse(await run("eval", ...words, "--json")).loss;
    expect(await evaluated("a")).toBe(await evaluated("b"));
    expect(await evaluated("a", "--data", "jokes.tokens")).toBe(await evaluated("b", "--data", "jokes.txt"));
    expect(await losses("a")).toEqual(await losses("b"));
    await run("train", "--data", "jokes.tokens", "--out", "a", "--resume", "--steps", "6");
    const novelty = JSON.parse(await run("novelty", "a", "--n", "5", "--json"));
    expect(novelty).toMatchObject({ n: 5 });
    await run("data", "jokes.txt", "--model", "punchline-gpt2", "--out", "gpt2.tokens");
    await run(
      "finetune",
      "punchline-gpt2",
      "--data",
      "gpt2.tokens",
      "--out",
      "c",
      "--steps",
      "1",
      "--seq-len",
      "32",
      "--batch-size",
      "2",
    );
    await run("data", "jokes.txt", "--vocabulary", "bpe", "--vocabulary-size", "300", "--out", "bpe.tokens");
    await run("train", "--data", "bpe.tokens", "--out", "d", ...few);
    const runs: { run: string; unit: string }[] = JSON.parse(await run("runs", "--json")).runs;
    const units = Object.fromEntries(runs.map(({ run, unit }) => [run, unit]));
    expect(units).toEqual({ a: "characters", b: "characters", c: "tokens", d: "tokens" });
    const written = await run("data", "jokes.tokens", "--out", "again.jsonl", "--json");
    expect(JSON.parse(written).splits).toEqual(made.splits);
  });

  it("refuses what comes too late, and what does not fit, in one sentence", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "jokes.txt"), jokes(100).join("\n"));
    await punchline(["data", "jokes.txt", "--out", "jokes.tokens"], { cwd });
    await punchline(["data", "jokes.txt", "--vocabulary", "word", "--out", "words.tokens"], { cwd });
    const refused: readonly (readonly [words: string, sentence: RegExp])[] = [
      [
        "train --data jokes.tokens --keep-unicode --out a",
        /jokes\.tokens is prepared already, and --keep-unicode comes too late/,
      ],
      [
        "train --data jokes.tokens --data jokes.txt --out a",
        /prepared already and cannot be joined with other sources/,
      ],
      [
        "finetune punchline-gpt2 --data jokes.tokens --out a",
        /jokes\.tokens is in another vocabulary than the model.*"punchline data jokes\.txt --out jokes\.tokens --model"/,
      ],
      [
        "data jokes.tokens --vocabulary bpe",
        /jokes\.tokens has its vocabulary already; leave --vocabulary out/,
      ],
      ["data jokes.tokens --out b.tokens", /jokes\.tokens has tokens of texts that are prepared already/],
      [
        "data jokes.txt --validation-file jokes.tokens",
        /jokes\.tokens has tokens of texts that are prepared already/,
      ],
      ["data jokes.txt --model gpt2", /--model shapes the windows that --show-windows shows/],
      [
        "train --model word-lstm --data nothing.tokens --out a",
        /Cannot read nothing\.tokens: it does not exist/,
      ],
      ["novelty punchline-gpt2 --data words.tokens --n 2", /words\.tokens/],
    ];
    for (const [words, sentence] of refused) {
      const { status, stderr } = await punchline(words.split(" "), { cwd });
      expect(stderr).toMatch(sentence);
      expect(stderr.split("\n").filter((line) => line.startsWith("error"))).toHaveLength(1);
      expect(status).toBeGreaterThan(0);
    }
    expect(readdirSync(cwd).sort()).toEqual(["jokes.tokens", "jokes.txt", "words.tokens"]);
  });
});

describe("what is no whole token file is refused in a sentence:", () => {
  const made = async () => {
    const { path } = await both([lines(jokes(100))]);
    return path;
  };
  const change = (path: string, at: number, bytes: readonly number[]) => {
    const file = openSync(path, "r+");
    writeSync(file, Uint8Array.from(bytes), 0, bytes.length, at);
    closeSync(file);
  };

  it("any cut", async () => {
    const path = await made();
    const { length } = readFileSync(path);
    const cuts = [length - 1, length - 40, length - 41, Math.floor(length / 2), 100, 16, 12, 8];
    for (const size of cuts) {
      truncateSync(path, size);
      await expect(openTokenFile(path)).rejects.toMatchObject({
        code: "tokens-cut",
        message: expect.stringMatching(/is cut short: its end is missing/),
      });
    }
    truncateSync(path, 7);
    await expect(openTokenFile(path)).rejects.toMatchObject({ code: "not-tokens" });
  });

  it("another file, another version, a folder, a damaged description, an id that is in no vocabulary", async () => {
    await expect(openTokenFile(lines(["some text"], "a.tokens"))).rejects.toThrow(
      /a\.tokens is not a token file; if it holds texts, give it a name that says so, such as .*a\.txt, and make one of them: "punchline data .*a\.txt --out .*a\.tokens"/,
    );
    await expect(openTokenFile(temporaryFolder())).rejects.toMatchObject({ code: "not-a-file" });
    const path = await made();
    change(path, 8, [3, 0, 0, 0]);
    await expect(openTokenFile(path)).rejects.toThrow(
      /is a token file of version 3, and Punchline .* reads version 2 and earlier ones/,
    );
    change(path, 8, [2, 0, 0, 0]);
    const opened = await openTokenFile(path);
    change(path, 20, [255]);
    expect(() => encodeSplit(opened, "train")).toThrow(/is damaged/);
    change(path, readFileSync(path).length - 60, [0]);
    await expect(openTokenFile(path)).rejects.toThrow(/is damaged/);
  });

  it.each([
    ["tokens of another width", 12, [16, 0, 0, 0]],
    ["a description that begins elsewhere", -40, [0, 0, 0, 0, 0, 0, 0, 0]],
    ["a description that begins nowhere", -40, [255, 255, 255, 255, 255, 255, 255, 255]],
    ["a description of another length", -32, [255, 255, 255, 255]],
  ])("%s", async (_, at, bytes) => {
    const path = await made();
    change(path, at < 0 ? readFileSync(path).length + at : at, bytes);
    await expect(openTokenFile(path)).rejects.toMatchObject({
      code: "tokens",
      message: expect.stringMatching(/is damaged/),
    });
  });

  it("tokens that are others of the vocabulary, at once or, in a large file, when they are first read", async () => {
    const text = prepareText(babble(300_000));
    const path = join(temporaryFolder(), "book.tokens");
    await writeTokens(path, text);
    const whole = await openTokenFile(path);
    const [at, length] = [150_000, whole.encoded!.splits.train.tokens.length];
    const [byte] = readFileSync(path).subarray(at);
    change(path, at, [byte === 1 ? 2 : 1]);
    const sentence = /^\S*book\.tokens is damaged: .*; copy it again, or make it again from its source\.$/;
    await expect(openTokenFile(path)).rejects.toMatchObject({
      code: "tokens",
      message: expect.stringMatching(sentence),
    });
    // What has been read was sound.
    const { tokens } = (await openTokenFile(path, { checkUpTo: 0 })).encoded!.splits.train;
    const ids = new Int32Array(1000);
    tokens.copy(0, 1000, ids, 0);
    tokens.copy(length - 1000, length, ids, 0);
    expect(() => tokens.copy(at - 1000, at, ids, 0)).toThrow(sentence);
    change(path, at, [byte!]);
    tokens.copy(at - 1000, at, ids, 0);
  });

  it("ends of texts, lengths of prompts and checksums that are others", async () => {
    const path = join(temporaryFolder(), "pairs.tokens");
    await prepareTokenFile(path, [table(200)], { vocabulary: "bpe", vocabularySize: 400 });
    const bytes = readFileSync(path);
    const end = bytes.readDoubleLE(bytes.length - 40);
    for (const at of [end - 1, end - 5, end - 200, end - 1000]) {
      change(path, at, [bytes[at]! ^ 1]);
      await expect(openTokenFile(path), String(at)).rejects.toMatchObject({ code: "tokens" });
      change(path, at, [bytes[at]!]);
    }
    await openTokenFile(path);
  });

  it("a file that is cut while it is read", async () => {
    const path = await made();
    const opened = await openTokenFile(path);
    truncateSync(path, 1000);
    expect(() => encodeSplit(opened, "train")).toThrow(/is cut short/);
  });
});

it("a file of the first version, which has no checksums, is read as before", async () => {
  const { stored, path } = await both([lines(jokes(100))]);
  const bytes = readFileSync(path);
  const [at, sums] = [bytes.readDoubleLE(bytes.length - 40), 4];
  const older = Buffer.concat([bytes.subarray(0, at - sums), bytes.subarray(at)]);
  older.writeUInt32LE(1, 8);
  older.writeDoubleLE(at - sums, older.length - 40);
  older.writeDoubleLE(older.length, older.length - 24);
  writeFileSync(path, older);
  const opened = await openTokenFile(path);
  for (const split of splitNames) expect(opened.splits[split]).toEqual(stored.splits[split]);
});

it("the folder of a token file is made where it is missing", async () => {
  const path = join(temporaryFolder(), "new", "folder", "corpus.tokens");
  await prepareTokenFile(path, [lines(jokes(20))]);
  expect((await openTokenFile(path)).splits.train.length).toBeGreaterThan(1);
});

it("a broken-off preparation leaves nothing behind, and the old file as it was", async () => {
  const { path } = await both([lines(jokes(100))]);
  const before = readFileSync(path);
  const stop = new AbortController();
  const onProgress = () => stop.abort(new Error("enough"));
  await expect(
    prepareTokenFile(path, [lines(jokes(100))], { signal: stop.signal, onProgress }),
  ).rejects.toThrow("enough");
  await expect(prepareTokenFile(path, [lines(["one text"])])).rejects.toMatchObject({ code: "too-few" });
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(readdirSync(join(path, ".."))).toEqual(["corpus.tokens"]);
});

describe("in a process of its own", () => {
  it("prepares and trains on a text that does not fit into the memory that Node may use", async () => {
    const cwd = temporaryFolder();
    const row = babble(60).replaceAll("\n", " ");
    const text = Array.from(
      { length: 200_000 },
      (_, k) => `${k} hens and ${(k * 7919) % 200_003} cows, ${row}`,
    );
    writeFileSync(join(cwd, "text.txt"), text.join("\n"));
    const env = { NODE_OPTIONS: "--max-old-space-size=64" };
    const run = (words: string) => inProcess(words.split(" "), { cwd, env });
    const whole = await run("data text.txt --near off");
    expect(whole.status).not.toBe(0);
    const made = await run("data text.txt --near off --out text.tokens --json");
    expect(made.stderr).not.toMatch(/^error/m);
    expect(JSON.parse(made.stdout)).toMatchObject({ rows_in: 200_000, rows_out: 200_000 });
    // Every eighth of the second quarter is the text 20,000 before it with one more word.
    const word = (n: number) => (hashText(String(n)) >>> 17).toString(36);
    const drawn = (k: number) => Array.from({ length: 12 }, (_, i) => word(12 * k + i)).join(" ");
    const copies = Array.from({ length: 80_000 }, (_, k) =>
      k >= 20_000 && k < 40_000 && k % 8 === 0 ? `${drawn(k - 20_000)} so` : drawn(k),
    );
    writeFileSync(join(cwd, "copies.txt"), copies.join("\n"));
    const near = await run("data copies.txt --out copies.tokens --json");
    expect(near.stderr).not.toMatch(/^error/m);
    expect(JSON.parse(near.stdout)).toMatchObject({
      rows_out: 80_000 - 2_500,
      dropped: { near_duplicate: 2_500 },
    });
    const few = "--width 8 --layers 1 --steps 3 --sample-every 0 --validation-tokens 1000";
    const trained = await run(`train --model char-gru --data text.tokens --out run ${few}`);
    expect(trained.stderr).not.toMatch(/^error/m);
    expect(trained.status).toBe(0);
  }, 180_000);

  it.skipIf(process.platform === "win32")(
    "says that the disk is full, and leaves nothing behind",
    async () => {
      const cwd = temporaryFolder();
      writeFileSync(join(cwd, "text.txt"), jokes(20_000).join("\n"));
      writeFileSync(join(cwd, "text.tokens"), "what was there");
      // Blocks of 1,024 bytes: less than the texts take.
      const program = `ulimit -f 400; exec "$0" "$@"`;
      const words = ["data", "text.txt", "--near", "off", "--out", "text.tokens"];
      const { stderr, status } = await new Promise<{ stderr: string; status: number | null }>((done) => {
        const child = spawn("bash", ["-c", program, process.execPath, builtCli(), ...words], { cwd });
        let stderr = "";
        child.stderr.on("data", (piece) => {
          stderr += piece;
        });
        child.on("close", (status) => done({ stderr, status }));
      });
      expect(stderr).toMatch(
        /^error: Cannot write text\.tokens: the file would grow larger than the system allows/m,
      );
      expect(status).toBeGreaterThan(0);
      expect(readdirSync(cwd).sort()).toEqual(["text.tokens", "text.txt"]);
      expect(readFileSync(join(cwd, "text.tokens"), "utf8")).toBe("what was there");
    },
  );
});

it("the vocabulary can be read from the file by the readers of a model folder", async () => {
  const { stored } = await both([lines(jokes(50))]);
  const files = stored.tokenizer.files();
  const again = tokenizerFromFiles(files["tokenizer.json"], files["tokenizer_config.json"]);
  expect(Array.from(again.encode("why?"))).toEqual(Array.from(stored.tokenizer.encode("why?")));
});
