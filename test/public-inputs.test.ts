/** What programs without types get wrong: every public function refuses an unknown option before it does anything. */
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as engine from "../src/engine.ts";
import * as punchline from "../src/index.ts";
import * as node from "../src/node.ts";
import * as web from "../src/web.ts";
import { temporaryFolder } from "./cli.ts";
import { randomModel } from "./random-model.ts";
import { babble, tinyOptions, tinyTraining } from "./training-fixture.ts";

const lm = randomModel("char-gru", { sizes: { layers: 1, width: 8, embedding: 4 } });
const bert = await punchline.openLocal("punchline-bert");
const data = tinyTraining().data;
const step = engine.nn;

type Call = (options: object) => unknown;
// biome-ignore lint/suspicious/noExplicitAny: as a program without types calls them
const call = (fn: unknown, ...args: unknown[]) => (fn as (...all: any[]) => unknown)(...args);
const first = async (pieces: unknown) => (pieces as AsyncGenerator<string>).next();

/** By function: an option with a slip, the option that is meant, and the call. */
const typos: Readonly<Record<string, readonly [slip: string, meant: string, Call]>> = {
  // punchline
  prepareText: ["fraction", "fractions", (o) => call(punchline.prepareText, "abc", o)],
  prepareTexts: ["vocabluary", "vocabulary", (o) => call(punchline.prepareTexts, [{ texts: ["a"] }], o)],
  prepareData: ["promptColum", "promptColumn", (o) => call(punchline.prepareData, "one-liners", o)],
  prepareTokenFile: [
    "nearDuplicate",
    "nearDuplicates",
    (o) => call(punchline.prepareTokenFile, "a.tokens", "one-liners", o),
  ],
  pullDataset: ["revison", "revision", (o) => call(punchline.pullDataset, "owner/name", o)],
  train: ["ouput", "out", (o) => call(punchline.train, { model: "char-lstm", data, ...o })],
  windows: ["optoins", "options", (o) => first(call(punchline.windows, data, { model: "char-lstm", ...o }))],
  resume: ["sorces", "sources", (o) => call(punchline.resume, "nowhere", o)],
  listModels: ["cachedir", "cacheDir", (o) => call(punchline.listModels, o)],
  openLocal: ["quantise", "quantize", (o) => call(punchline.openLocal, "punchline-gpt2", o)],
  openModel: ["backends", "backend", (o) => call(punchline.openModel, "punchline-gpt2", o)],
  pullModel: ["onprogress", "onProgress", (o) => call(punchline.pullModel, "punchline-gpt2", o)],
  createChat: ["sistem", "system", (o) => call(punchline.createChat, lm, o)],
  createFiller: ["topk", "topK", (o) => call(punchline.createFiller(bert).fill, "a [MASK]", o)],
  fillMasks: ["iteratve", "iterative", (o) => call(punchline.fillMasks, bert, "a [MASK]", o)],
  lowLatency: ["thread", "threads", (o) => call(punchline.lowLatency, lm, o)],
  sample: ["temprature", "temperature", (o) => call(punchline.sample, lm, o)],
  stream: ["top_p", "topP", (o) => first(call(punchline.stream, lm, o))],
  createSuggester: ["kind", "kinds", (o) => call(punchline.createSuggester(lm).suggest, "a", o)],
  suggest: ["singal", "signal", (o) => call(punchline.suggest, lm, "a", o)],
  evaluateModel: ["strides", "stride", (o) => call(punchline.evaluateModel, lm, ["abc"], o)],
  scoreLastWords: ["onprogress", "onProgress", (o) => call(punchline.scoreLastWords, lm, ["a b"], o)],
  perplexity: ["sgnal", "signal", (o) => call(punchline.perplexity, lm, "abc", o)],
  reportQuality: ["encodr", "encoder", (o) => call(punchline.reportQuality, ["a"], o)],
  evaluateTyping: ["onProgres", "onProgress", (o) => call(punchline.evaluateTyping, lm, ["abc"], o)],
  embed: ["maxToken", "maxTokens", (o) => call(punchline.embed, lm, "abc", o)],
  embedTexts: ["max_tokens", "maxTokens", (o) => call(punchline.embedTexts, lm, ["abc"], o)],
  logProbabilities: ["Signal", "signal", (o) => call(punchline.logProbabilities, lm, "abc", o)],
  auditModel: ["basline", "baseline", (o) => call(punchline.auditModel, ["abc"], { data, ...o })],
  auditLeaks: ["rules", "rule", (o) => call(punchline.auditLeaks, ["a"], punchline.buildIndex(["a"]), o)],
  writeNovel: ["atleast", "atLeast", (o) => call(punchline.writeNovel, async () => [], {}, o)],
  auditSnapshots: ["aksed", "asked", (o) => call(punchline.auditSnapshots, "nowhere", o)],
  compareArchitectures: ["minuts", "minutes", (o) => call(punchline.compareArchitectures, data, o)],
  compareModels: ["presicions", "precisions", (o) => call(punchline.compareModels, ["gpt2"], o)],
  exportModel: ["fromat", "format", (o) => call(punchline.exportModel, "nowhere", o)],
  // punchline/node
  nodeBackend: ["thraeds", "threads", (o) => call(node.nodeBackend, o)],
  loadModel: ["quantised", "quantize", (o) => call(node.loadModel, "nowhere", o)],
  openModelFolder: ["adaptor", "adapter", (o) => call(node.openModelFolder, "nowhere", o)],
  resolveModel: ["setings", "settings", (o) => call(node.resolveModel, "nowhere", o)],
  followTraining: ["architecture", "architectures", (o) => call(node.followTraining, {}, o)],
  // punchline/web
  webBackend: ["devise", "device", (o) => call(web.webBackend, o)],
  buildModel: ["architecture", "architectures", (o) => call(web.buildModel, {}, o)],
  shuffledWindows: ["strid", "stride", (o) => call(web.shuffledWindows, [1, 2, 3], o)],
  streamWindows: ["lenght", "length", (o) => call(web.streamWindows, [1, 2, 3], o)],
  resolveTrainOptions: ["seqlen", "seqLen", (o) => call(web.resolveTrainOptions, o, {})],
  watch: ["tempratur", "temperature", (o) => first(call(web.watch, lm, o))],
  trainRun: ["modle", "model", (o) => call(web.trainRun, {}, o)],
  resumeRun: ["step", "steps", (o) => call(web.resumeRun, {}, o)],
  engineHandlers: ["stor", "store", (o) => call(web.engineHandlers, o)],
  browserWork: ["stor", "store", (o) => call(web.browserWork, o)],
  timeClozeModels: ["runz", "runs", (o) => call(web.timeClozeModels, [], o)],
  // punchline/engine
  adamw: ["weightdecay", "weightDecay", (o) => call(engine.adamw, o)],
  sgd: ["momentm", "momentum", (o) => call(engine.sgd, o)],
  muon: ["esp", "eps", (o) => call(engine.muon, [], {}, o)],
  schedule: ["warmups", "warmup", (o) => call(engine.schedule, o)],
  "Arena.create": ["moment", "moments", (o) => call(engine.Arena.create, [], o)],
  compile: ["backends", "backend", (o) => call(engine.compile, () => ({}), o)],
  checkOp: ["backnd", "backend", (o) => call(engine.checkOp, {}, o)],
  checkArchitecture: ["option", "options", (o) => call(engine.checkArchitecture, {}, o)],
  defineOp: ["refrence", "reference", (o) => call(engine.defineOp, o)],
  defineArchitecture: ["sumary", "summary", (o) => call(engine.defineArchitecture, o)],
  matmul: ["transposeb", "transposeB", (o) => call(engine.matmul, {}, {}, o)],
  gemm: ["aplha", "alpha", (o) => call(engine.gemm, {}, {}, undefined, o)],
  rotary: ["headsize", "headSize", (o) => call(engine.rotary, {}, o)],
  training: ["recomputed", "recompute", (o) => call(engine.training, o)],
  linear: ["biass", "bias", (o) => call(step.linear, "a", 1, 1, o)],
  embedding: ["outputs", "output", (o) => call(step.embedding, "a", 1, 1, o)],
  layerNorm: ["epsilo", "epsilon", (o) => call(step.layerNorm, "a", 1, o)],
  rmsNorm: ["epsillon", "epsilon", (o) => call(step.rmsNorm, "a", 1, o)],
  attend: ["causl", "causal", (o) => call(step.attend, {}, {}, {}, o)],
  selfAttention: ["kvheads", "kvHeads", (o) => call(step.selfAttention, o)],
  causalConvolution: ["dilatation", "dilation", (o) => call(step.causalConvolution, "a", o)],
  recurrent: ["layer", "layers", (o) => call(step.recurrent, "a", o)],
  preNormBlock: ["feedforward", "feedForward", (o) => call(step.preNormBlock, o)],
  postNormBlock: ["dropuot", "dropout", (o) => call(step.postNormBlock, o)],
};

describe("an unknown option", () => {
  it.each(Object.entries(typos))("of %s is refused with the nearest name", async (_, [slip, meant, go]) => {
    const error = await (async () => go({ [slip]: 1 }))().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(punchline.UsageError);
    expect(error).toMatchObject({
      message: `Unknown option \`${slip}\`; did you mean "${meant}"?`,
      details: { option: slip, expected: expect.arrayContaining([meant]) },
    });
  });

  it("of a model's own methods is refused too", async () => {
    const model = new punchline.LocalModel(lm);
    await expect(call(model.sample.bind(model), { tempratur: 1 })).rejects.toThrow('"temperature"');
    await expect(first(call(model.stream.bind(model), { sed: 1 }))).rejects.toThrow('"seed"');
    await expect(call(model.score.bind(model), "a", { signl: 1 })).rejects.toThrow('"signal"');
  });

  it("is named with its place, and found in another", async () => {
    const training = { model: "char-lstm", data };
    const refused = (request: object) => expect(call(punchline.train, { ...training, ...request })).rejects;
    await refused({ options: { learninRate: 1 } }).toThrow(
      'Unknown option `options.learninRate`; did you mean "learningRate"?',
    );
    await refused({ steps: 10 }).toThrow('Unknown option `steps`; did you mean "options.steps"?');
    await refused({ options: { lora: { rnk: 2 } } }).toThrow('`options.lora.rnk`; did you mean "rank"?');
    await refused({ options: 10 }).toThrow("`options` must be an object, such as { steps: ... }, not 10.");
    const cleaning = { steps: { typografy: false } };
    await expect(call(punchline.prepareTexts, [], { cleaning })).rejects.toThrow(
      'Unknown option `cleaning.steps.typografy`; did you mean "typography"?',
    );
    await expect(call(punchline.sample, lm, "Why did")).rejects.toThrow(
      'Options must be an object, such as { temperature: ... }, not "Why did".',
    );
  });

  it("without a value counts as not given", async () => {
    expect(await call(punchline.sample, lm, { maxLength: 1, temprature: undefined })).toHaveLength(1);
  });

  /** Functions without an object of options. */
  const plain = new Set(
    (
      "encodeSplit openTokenFile listRuns withSubwords withWordPieces prepareLike saveModel rankByKeystrokesSaved buildIndex " +
      "builtInFolder openSafetensors writeSafetensors loadTokenizer readLog findRun readRun " +
      "folderResults memoryResults bufferTensors architectureOf tokenizerFromFiles runTraining " +
      "connectWorker connectHttp viewOfTexts renderOptions optionInFlags serveCalls serveEngine openRun opfsStore memoryStore yieldingBackend hasPromiseIntegration webgpuBackend webgpuWhereFaster measuredInWords findingOf cityTexts jokeTexts fetchedFiles clozeModel " +
      "chatTemplateNames chatTemplateOf startRanks markedParts cueInWords cueSentences likenessOf placeInWords tellingNearest edited taken keysSaved"
    ).split(" "),
  );
  it.each([
    ["punchline", punchline],
    ["punchline/node", node],
    ["punchline/web", web],
  ])("is tried on every function of %s", (_, entry) => {
    const functions = Object.entries(entry).filter(
      ([, value]) => typeof value === "function" && !String(value).startsWith("class"),
    );
    const untried = functions.filter(([name]) => !(name in typos) && !plain.has(name));
    expect(untried.map(([name]) => name)).toEqual([]);
  });
});

const lstm = { model: "char-lstm", modelOptions: { layers: 1, width: 8, embedding: 4 } };

describe("the data of a training", () => {
  const refused = (given: unknown, request: object = {}) =>
    expect(call(punchline.train, { ...lstm, data: given, options: { steps: 1, sampleEvery: 0 }, ...request }))
      .rejects;

  it.each([
    ["jokes.txt", /"jokes.txt", and not its texts; read it with `await prepareData\("jokes.txt"\)`/],
    [["a.csv", "b.jsonl.gz"], /prepareData\(\["a.csv","b.jsonl.gz"\]\)/],
    ["hf:owner/jokes", /prepareData\(await pullDataset\("hf:owner\/jokes"\)\)/],
    [[], /^`data` has no texts/],
    [[1, 2, 3], /^`data\[0\]` must be a text, not 1\.$/],
    [undefined, /^`data` must be texts, one long text, or what `prepareData` gives, not undefined\.$/],
  ])("%j is refused", async (given, message) => {
    await refused(given).toThrow(punchline.UsageError);
    await refused(given).toThrow(message);
    await refused(given).toMatchObject({ details: { option: expect.stringMatching(/^data/) } });
  });

  it("of a few short texts is too little, in a sentence about texts", async () => {
    await refused(["a cat", "a dog", "the hen"]).toThrow(
      /^The training split has 1 text with 7 tokens in all, too few for one step, which reads 2048; give more texts\.$/,
    );
  });

  it("names the duplicates that were dropped where too little is left", async () => {
    const texts = Array.from({ length: 30 }, (_, i) =>
      i % 2 ? `the quick brown fox jumps over the lazy dog ${i}` : "a hen crossed the road",
    );
    const remark =
      "Of 30 texts some were dropped: 14 duplicate, 14 near duplicate; `nearDuplicates: false` keeps near duplicates.";
    await refused(texts).toThrow(remark);
    await refused(texts).toMatchObject({ code: "too-short", details: { dropped: { near_duplicate: 14 } } });
    await refused(texts, { model: "gpt2", modelOptions: { context: 200 } }).toThrow(remark);
  });

  it("and its model are both needed", async () => {
    const both = { base: { folder: "a", name: "a" } };
    await refused(["a"], { model: undefined }).toThrow(/^Give `model`, an architecture .* or `base`/);
    await refused(["a"], both).toThrow(/^Give either `model`/);
    await refused(["a"], { model: 5 }).toThrow(/^`model` must be an architecture, or the name of one, not 5/);
    await refused(["a"], { model: undefined, base: "gpt2" }).toThrow(
      /^`base` must be the folder .*not "gpt2"/,
    );
  });

  it("may be a text that mentions a file", async () => {
    const text = `${babble(2000)} see notes.txt`;
    await call(punchline.train, { ...lstm, data: text, options: { ...tinyOptions, steps: 1 } });
  });
});

describe("what is no text", () => {
  it.each([
    ["embed", () => call(punchline.embed, lm), "text"],
    ["embedTexts", () => call(punchline.embedTexts, lm, ["a", 5]), "texts[1]"],
    ["fillMasks", () => call(punchline.fillMasks, bert), "text"],
    ["suggest", () => call(punchline.suggest, lm), "text"],
    ["logProbabilities", () => call(punchline.logProbabilities, lm), "text"],
    ["perplexity", () => call(punchline.perplexity, lm, ["a"]), "text"],
    ["evaluateModel", () => call(punchline.evaluateModel, lm, "abc"), "texts"],
    ["prepareText", () => call(punchline.prepareText), "text"],
    ["prepareTexts", () => call(punchline.prepareTexts, ["a", "b"]), "batches[0]"],
    ["resume", () => call(punchline.resume), "folder"],
  ])("is refused by %s", async (_, go, option) => {
    const error = await (async () => go())().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "UsageError", details: { option } });
  });

  it("and a format that there is not, are refused with what is expected", async () => {
    const wrong = call(punchline.exportModel, "nowhere", { format: "hff", out: "x" });
    await expect(wrong).rejects.toMatchObject({
      message: '`format` must be one of hf, onnx, gguf, not "hff".',
      details: { option: "format", value: "hff", expected: "one of hf, onnx, gguf" },
    });
  });
});

describe("a signal that is aborted already", () => {
  const aborted = AbortSignal.abort();
  const takesSignal = Object.entries(typos).filter(([name]) =>
    /^(prepare|pull|train$|windows|fill|create(?!Chat)|sample$|stream$|suggest|evaluate|score|perplex|report|embed$|embedTexts|logP|audit|write|compare|export|resolveModel)/.test(
      name,
    ),
  );
  it.each(takesSignal)("ends %s before it begins", async (_, [, , go]) => {
    const error = await (async () => go({ signal: aborted }))().catch((thrown: unknown) => thrown);
    expect(error).toBe(aborted.reason);
    expect((error as Error).name).toBe("AbortError");
  });

  it("writes nothing, neither as a run nor as a resume", async () => {
    const out = join(temporaryFolder(), "run");
    const request = { ...tinyTraining({ steps: 2 }), out };
    await expect(punchline.train({ ...request, signal: aborted })).rejects.toBe(aborted.reason);
    expect(existsSync(out)).toBe(false);
    await punchline.train(request);
    const before = readdirSync(out).map((name) => [name, statSync(join(out, name)).mtimeMs]);
    const again = punchline.resume(out, { data: request.data, options: { steps: 4 }, signal: aborted });
    await expect(again).rejects.toBe(aborted.reason);
    expect(readdirSync(out).map((name) => [name, statSync(join(out, name)).mtimeMs])).toEqual(before);
    const parts = { signal: aborted } as Parameters<typeof web.runTraining>[0];
    await expect(web.runTraining(parts)).rejects.toBe(aborted.reason);
  });

  it("is a signal, and not its controller", async () => {
    const wrong = call(punchline.sample, lm, { signal: new AbortController() });
    await expect(wrong).rejects.toThrow("`signal` must be an AbortSignal, such as `controller.signal`");
  });
});

describe("the folder of a run", () => {
  it("with another's files is refused before any data is read", async () => {
    const out = temporaryFolder();
    writeFileSync(join(out, "config.json"), "{}");
    let read = false;
    const data = {
      get splits() {
        read = true;
        return {};
      },
    };
    const taken = call(punchline.train, { ...lstm, data, out });
    await expect(taken).rejects.toThrow(/holds config.json but no run.json: it is not a run of Punchline/);
    expect(read).toBe(false);
    expect(readdirSync(out)).toEqual(["config.json"]);
  });

  it("with other runs or others' weights is refused; logs and scripts may be there", async () => {
    const request = { ...lstm, data, options: { ...tinyOptions, steps: 1 } };
    const out = temporaryFolder();
    for (const name of ["slurm-1.out", "job.sh", ".cache", "jokes.txt"]) writeFileSync(join(out, name), "a");
    await punchline.train({ ...request, out: join(out, "one") });
    await expect(punchline.train({ ...request, out })).rejects.toThrow(/holds one, which is not of a run/);
    rmSync(join(out, "one"), { recursive: true });
    writeFileSync(join(out, "vocab.onnx"), "");
    await expect(punchline.train({ ...request, out })).rejects.toThrow(/holds vocab\.onnx/);
    rmSync(join(out, "vocab.onnx"));
    await punchline.train({ ...request, out });
    expect(readdirSync(out)).toEqual(expect.arrayContaining(["run.json", "job.sh"]));
  });

  it("that is none is refused in the words of a program", async () => {
    const folder = temporaryFolder();
    const refused = expect(punchline.resume(folder)).rejects;
    await refused.toThrow(
      `${folder} is not a run folder: it has no run.json, which a training with \`out\` writes.`,
    );
  });

  it("keeps the options that a resume cannot change", async () => {
    const out = join(temporaryFolder(), "run");
    const request = { ...tinyTraining({ steps: 2 }), out };
    await punchline.train(request);
    const resumed = (options: object) => call(punchline.resume, out, { data: request.data, options });
    await expect(resumed({ steps: 4, seqLen: 16 })).rejects.toMatchObject({
      message: expect.stringMatching(
        /^`seqLen` cannot change .*: it is 8 there, not 16. A resume may change steps, /,
      ),
      details: { option: "seqLen", value: 16, expected: 8 },
    });
    await expect(resumed({ seqlen: 8 })).rejects.toThrow('did you mean "seqLen"?');
    // The run's own value may be repeated.
    expect(await resumed({ steps: 4, seqLen: 8 })).toMatchObject({ summary: { steps: 4 } });
  });
});

describe("a value of another type", () => {
  const text = "the cat sat on the mat. ".repeat(40);
  const training = (more: object) => () => call(punchline.train, { model: "char-gru", data: text, ...more });
  it.each<readonly [title: string, run: () => unknown, message: RegExp]>([
    ["a bigint", training({ options: { steps: 4n } }), /`steps` must be .*, not 4n\./],
    ["onEvent", training({ onEvent: 3 }), /`onEvent` must be a function, not 3\./],
    ["stopWhen", training({ stopWhen: 1 }), /`stopWhen` must be a function, not 1\./],
    ["writeSample", training({ writeSample: "a" }), /`writeSample` must be a function, not "a"\./],
    ["modelOptions", training({ modelOptions: [] }), /`modelOptions` must be an object/],
    ["architectures", training({ architectures: {} }), /`architectures` must be a list, not \{\}\./],
    ["an empty out", training({ out: "" }), /`out` must be a name that is not empty/],
    ["no model to fill by", async () => call(punchline.createFiller, {}), /`lm` must be a model/],
    ["a text to fill by", () => call(punchline.fillMasks, "a [MASK]"), /`lm` must be a model/],
    ["no model to hurry", async () => call(punchline.lowLatency), /`lm` must be a model/],
    ["no model to chat with", async () => call(punchline.chatTemplateOf, {}), /`lm` must be a model/],
    ["no model of templates", async () => call(punchline.chatTemplateNames, null), /`lm` must be a model/],
    ["no model to guess words", () => call(punchline.scoreLastWords, {}, ["a b"]), /`lm` must be a model/],
    ["texts to index", async () => call(punchline.buildIndex, "abc"), /`texts` must be a list of texts/],
    ["a run to prepare like", () => call(punchline.prepareLike, 5), /`folder` must be a text, not 5\./],
    ["no configuration", async () => call(web.buildModel, null), /`config` must be/],
    ["no model to sample", () => call(punchline.sample), /`lm` must be a model, .* not undefined\./],
    ["a model's name", () => first(call(punchline.stream, "gpt2")), /`lm` must be a model, .* not "gpt2"\./],
    ["nothing to embed by", () => call(punchline.embed, {}, "a"), /`lm` must be a model/],
    ["nothing to score by", () => call(punchline.logProbabilities, {}, "a"), /`lm` must be a model/],
    ["no model to measure", () => call(punchline.perplexity, null, "a"), /`model` must be a model/],
    ["nothing to suggest by", async () => call(punchline.createSuggester), /`lm` must be a model/],
    ["stop", () => call(punchline.sample, lm, { stop: "a" }), /`stop` must be a list of texts, not "a"\./],
    ["prompt", () => call(punchline.sample, lm, { prompt: 5 }), /`prompt` must be a text, not 5\./],
    ["a name to open", () => call(punchline.openModel), /`name` must be a text, not undefined\./],
    ["a name to pull", () => call(punchline.pullModel, 5), /`name` must be a text, not 5\./],
    ["a data set's name", () => call(punchline.pullDataset, 5), /`name` must be a text, not 5\./],
    [
      "quantize",
      () => call(punchline.openModel, "punchline-gpt2", { quantize: "q3" }),
      /`quantize` must be q8 or q4, not "q3"\./,
    ],
    ["sources", () => call(punchline.prepareData, 5), /`sources` must be a list of texts, not 5\./],
    ["models to compare", () => call(punchline.compareModels, [lm]), /`names\[0\]` must be a text/],
    ["no folder to save in", () => call(punchline.saveModel, lm), /`folder` must be a text, not undefined\./],
    ["a null byte", () => call(punchline.saveModel, lm, "a\0b"), /`folder` must be a name .* null byte/],
    ["no model to save", () => call(punchline.saveModel, {}, "x"), /`lm` must be a model/],
    [
      "an empty text to stop at",
      () => call(punchline.sample, lm, { stop: [""] }),
      /`stop` must be texts .*\[""\]/,
    ],
    [
      "texts as batches",
      () => call(punchline.prepareTexts, ["a", "b"]),
      /`batches\[0\]` must be an object with texts, .* not "a"\./,
    ],
    [
      "one text as batches",
      () => call(punchline.prepareTexts, "abc"),
      /`batches` must be lists .* not "abc"\./,
    ],
    [
      "no batch",
      () => call(punchline.prepareTexts, [null]),
      /`batches\[0\]` must be an object with texts, .* not null\./,
    ],
    ["no data to spell", async () => call(punchline.withSubwords), /`data` must be prepared data/],
    ["no data to encode", async () => call(punchline.encodeSplit), /`data` must be prepared data/],
    [
      "no such split",
      async () => call(punchline.encodeSplit, data, "held"),
      /`split` must be train, .* not "held"/,
    ],
    [
      "an operation without inputs",
      async () => call(engine.defineOp, { name: "a" }),
      /`inputs` must be a list of/,
    ],
    [
      "an operation without rules",
      async () => call(engine.defineOp, { name: "a", inputs: ["x"], outputs: ["y"] }),
      /`infer` must be a function, not undefined\./,
    ],
    [
      "an architecture without a name",
      async () => call(engine.defineArchitecture, {}),
      /`type` must be a text/,
    ],
    ["a shape", async () => call(engine.float32, "a"), /`shape` must be a list of whole numbers.* not "a"\./],
    ["half an element", async () => call(engine.int32, [1.5]), /`shape` must be a list of whole numbers/],
    ["elements that are texts", async () => call(engine.float32, [1], ["a"]), /`data` must be numbers/],
    ["an input without a shape", async () => call(engine.input, "x"), /`shape` must be a list of sizes/],
    ["a constant of a text", async () => call(engine.constant, "a"), /`value` must be a number or an array/],
    ["no loss", async () => call(engine.valueAndGrad, 5), /`loss` must be a function, not 5\./],
    ["texts without end", () => call(punchline.sample, lm, { n: 1e9 }), /`n` must be 100000 or less/],
  ])("is refused in a sentence: %s", async (_, run, message) => {
    const refused = await (async () => run())().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(punchline.UsageError);
    expect((refused as Error).message).toMatch(message);
  });

  it("an operand that is no tensor is refused by the operation, with what to write", () => {
    const x = engine.input("x", "float32", [2, 3]);
    expect(() => call(engine.matmul, x, 5)).toThrow(
      "matmul: 5 is no tensor; write constant(float32([], [5])).",
    );
    expect(() => call(engine.add, "a", x)).toThrow(/^add: "a" is no tensor; pass what/);
    const { sum, mean, cast, pad, reshape, broadcastTo, slice, split, transpose } = engine;
    for (const op of [sum, mean, cast, pad, reshape, broadcastTo, slice, split, transpose])
      expect(() => call(op, 5)).toThrow(/^\w+: 5 is no tensor; write constant/);
    for (const op of [reshape, broadcastTo, sum, transpose])
      expect(() => call(op, x, "a")).toThrow(/^\w+: "a" is no list of \w+; pass one\./);
    for (const op of [engine.addN, engine.concatenate])
      expect(() => call(op, x)).toThrow(/is no list of tensors/);
  });

  it("a size of a model that is undefined counts as not given", async () => {
    const options = { ...tinyOptions, steps: 1 };
    await call(punchline.train, { ...lstm, modelOptions: { width: 8, layers: undefined }, data, options });
  });

  it("a folder that cannot be is named, and not what was tried there", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    for (const folder of [join(file, "below"), join(file, "..", "x".repeat(300))])
      await expect(punchline.saveModel(lm, folder)).rejects.toBeInstanceOf(punchline.InputError);
  });

  it.each<readonly [part: string, value: unknown]>([
    ["parameters", undefined],
    ["contextLength", "8"],
    ["predicts", "some"],
    ["state", undefined],
    ["forward", 5],
  ])("of an architecture's own model is refused: %s", async (part, value) => {
    const build = () => ({ ...lm.model, [part]: value });
    const own = { type: "own", summary: "", tokens: "character", options: {}, build };
    const configure = (_: object, vocab_size: number) => ({ vocab_size });
    const model = call(engine.defineArchitecture, { ...own, configure });
    await expect(call(punchline.train, { model, data: text })).rejects.toThrow(
      new RegExp(`The model that own builds must have \`${part}\``),
    );
  });
});
