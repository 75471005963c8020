/** The demo with models of a few steps: its page, and how it goes on after an interrupt. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { UsageError } from "../src/core/errors.ts";
import { Random } from "../src/core/random.ts";
import { prepareData } from "../src/data/prepare-sources.ts";
import type { DemoEvent } from "../src/demo/context.ts";
import { type DemoOptions, type DemoResult, runDemo } from "../src/demo/demo.ts";
import { readJokes } from "../src/demo/jokes.ts";
import { writeUntrained } from "../src/demo/models/untrained.ts";
import type { DemoPlan } from "../src/demo/plan.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import { loadModel } from "../src/generate/load.ts";
import { builtInFolder } from "../src/hub/built-in.ts";
import { loadTokenizer } from "../src/hub/tokenizer-files.ts";
import { architectureOf } from "../src/models/registry.ts";
import { givenAllBefore, plainModel } from "./plain-loops.ts";

const plan: DemoPlan = {
  cityEpochs: 1,
  cities: 0.01,
  characters: 0.01,
  finetuning: 0.01,
  written: 4,
  asked: 2,
  runs: 1,
  sweep: false,
  fullSize: 0,
};
const titles = [
  "From noise to names",
  "One character at a time",
  "Pieces of words: GPT-2",
  "New or remembered?",
  "GPT or BERT?",
];

let folder = "";
let source = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "punchline-demo-"));
  source = join(folder, "jokes.txt");
  const words =
    "cow duck bank horse bar goat shop mole park crab moon wasp sea toad hare lynx why did who knew".split(
      " ",
    );
  const random = new Random(7, "jokes");
  const word = (i: number) => words[Math.floor(random.uniform(i) * words.length)];
  const jokes = Array.from({ length: 80 }, (_, i) =>
    Array.from({ length: 5 + (i % 9) }, (_, k) => word(20 * i + k)).join(" "),
  );
  writeFileSync(source, `${jokes.join("\n")}\n`);
  vi.stubEnv("HF_HUB_CACHE", join(folder, "no-models"));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the demo in a folder of its own, and lists what it trained. */
async function ran(name: string, options: DemoOptions = {}): Promise<DemoResult & Observed> {
  const out = join(folder, `${name}.html`);
  const events: DemoEvent[] = [];
  const result = await runDemo({
    sources: [source],
    plan,
    folder: join(folder, name),
    out,
    ...options,
    onEvent(event, secondsLeft) {
      expect(secondsLeft).toBeGreaterThanOrEqual(0);
      events.push(event);
      options.onEvent?.(event, secondsLeft);
    },
  });
  const trained = events.flatMap((e) => (e.type === "training" && e.event.type === "start" ? [e.what] : []));
  const page = existsSync(out) ? parseHTML(readFileSync(out, "utf8")).document : undefined;
  return { ...result, events, trained, page };
}
interface Observed {
  readonly events: readonly DemoEvent[];
  readonly trained: readonly string[];
  readonly page: Document | undefined;
}

const headings = (page: Document | undefined) =>
  [...(page?.querySelectorAll("section.chapter h2") ?? [])].map((h) => h.textContent?.replace(/^\d+ /, ""));
const text = (page: Document | undefined) => page?.body.textContent?.replace(/\s+/g, " ") ?? "";

/** A small untrained model, in the vocabulary of the built-in one. */
async function tiny(model: "gpt2" | "bert"): Promise<string> {
  const place = join(folder, `tiny-${model}`);
  if (existsSync(place)) return place;
  const tokenizer = await loadTokenizer(builtInFolder(`punchline-${model}`));
  const sizes = { layers: 1, width: 32, heads: 2, context: 128, dropout: 0 };
  const config = architectureOf(model).configure(sizes, tokenizer.size);
  await writeUntrained(place, { config, tokenizer, seed: 1 });
  return place;
}

/** Bits per byte of texts read one by one, each with its end, by plain loops over the logits. */
async function plainBits(lm: LanguageModel, texts: readonly string[]): Promise<number> {
  const plain = plainModel(lm);
  const { tokenizer } = lm;
  let [nats, bytes] = [0, 0];
  for (const one of texts) {
    const ids = [tokenizer.endOfText, ...tokenizer.encode(one), tokenizer.endOfText];
    for (const log of await givenAllBefore(lm, plain, ids, tokenizer.endOfText)) nats -= log;
    bytes += Buffer.byteLength(one) + 1;
  }
  await plain.release();
  return nats / Math.LN2 / bytes;
}

/** 1.96 standard errors of the difference in bits per byte, of texts drawn in pairs: a ratio of two sums. */
async function pairedMargin(
  one: LanguageModel,
  other: LanguageModel,
  texts: readonly string[],
): Promise<number> {
  const pairs: { bits: number; bytes: number }[] = [];
  for (const text of texts) {
    const bytes = Buffer.byteLength(text) + 1;
    pairs.push({ bits: bytes * ((await plainBits(one, [text])) - (await plainBits(other, [text]))), bytes });
  }
  const n = texts.length;
  const bytes = pairs.reduce((sum, pair) => sum + pair.bytes, 0);
  const ratio = pairs.reduce((sum, pair) => sum + pair.bits, 0) / bytes;
  const squares = pairs.reduce((sum, pair) => sum + (pair.bits - ratio * pair.bytes) ** 2, 0);
  return (1.96 * Math.sqrt((n / (n - 1)) * squares)) / bytes;
}

/** The result of the first test, for those that look closer; its models stay where they are. */
let whole: DemoResult & Observed;

describe("the demo", { timeout: 600_000 }, () => {
  test("writes one page of five chapters, cut short or not; what is done is not done again", async () => {
    const stop = new AbortController();
    const first = await ran("whole", {
      signal: stop.signal,
      onEvent: (event) => event.type === "training" && event.what.includes("on the jokes") && stop.abort(),
    });
    expect(first.stopped).toBe("interrupt");
    expect(first.trained.slice(0, 2)).toEqual(["the names", "the character model"]);
    expect(first.pending).toEqual(["gpt", "novelty", "compare"]);
    expect(headings(first.page)).toEqual(titles.slice(0, 2));
    expect(text(first.page)).toContain(`Still to come: ${titles.slice(2).join("; ")} The same`);

    const second = await ran("whole");
    whole = second;
    expect(second.stopped).toBe("told");
    expect(second.pending).toEqual([]);
    expect(second.trained).toEqual(["punchline-gpt2 on the jokes", "the same network from scratch"]);
    expect(headings(second.page)).toEqual(titles);
    const { page } = second;
    expect([...page!.querySelectorAll("nav.contents a")].map((a) => a.textContent)).toEqual(titles);
    for (const figure of page!.querySelectorAll("figure.figure")) {
      expect(figure.querySelector("figcaption")!.textContent).toMatch(
        /Repeat it: (?:punchline \w+|as above)/,
      );
    }
    expect(text(page)).not.toContain("Still to come");
    expect(text(page)).toContain("This is not the published GPT-2 but punchline-gpt2");
    // What could be seen first is of the session in which that was.
    expect(Object.keys(first.first)).toEqual(["names", "text"]);
    expect(first.first.names!).toBeLessThan(first.first.text!);
    expect(second.first).toEqual(first.first);
    expect(text(page)).toContain(second.hero!.text);
    const { cities } = second.chapters;
    expect(cities!.written).toHaveLength(100);
    const list = (await prepareData("cities")).splits;
    const known = new Set(Object.values(list).flat());
    for (const name of cities!.written) expect(name.known).toBe(known.has(name.text));
    expect(cities!.pretrained.text).toMatch(/\S/);
    const models = second.chapters.compare!.models.map(({ model }) => model);
    expect(models).toEqual(["punchline-gpt2", "punchline-bert"]);
    // What is right of the gap moves BERT alone.
    const moves = second.chapters.compare!.models.map((m) => m.right_context_effect);
    expect(moves[0]).toBe(0);
    expect(moves[1]).toBeGreaterThan(0);

    // A chapter alone uses the models that are there, and the page keeps the others.
    const third = await ran("whole", { chapters: ["novelty"] });
    expect(third.trained).toEqual([]);
    expect(headings(third.page)).toEqual(titles);

    // New models remove the results of the old ones.
    const fourth = await ran("whole", { chapters: ["characters"] });
    expect(fourth.trained).toEqual(["the character model"]);
    expect(headings(fourth.page)).toEqual([titles[0], titles[1], titles[2], titles[4]]);
  });

  test("pre-training is judged against the same network from scratch, on one scale, with an interval", async () => {
    const { chapters, page } = whole;
    const { quality, control, quality_bytes, before_after, log } = chapters.gpt!;
    expect(quality!.map(({ lead, scratch }) => ({ lead, scratch }))).toEqual([
      { lead: undefined, scratch: undefined },
      { lead: undefined, scratch: true },
      { lead: true, scratch: undefined },
    ]);
    const [before, scratch, own] = quality!.map(({ bits_per_byte }) => bits_per_byte);
    // The bits of the test jokes, token by token, with nothing of the likelihood's own loop.
    const base = await loadModel(builtInFolder("punchline-gpt2"));
    const { data } = await readJokes([source]);
    expect(await plainBits(base, data.splits.test)).toBeCloseTo(before!, 4);
    const tuned = await loadModel(join(folder, "whole", "gpt"));
    expect(await plainBits(tuned, data.splits.test)).toBeCloseTo(own!, 4);
    const alone = await loadModel(join(folder, "whole", "gpt-scratch"));
    expect(await plainBits(alone, data.splits.test)).toBeCloseTo(scratch!, 4);
    expect(alone.model.config).toMatchObject({ ...base.model.config, torch_dtype: expect.anything() });
    expect(alone.tokenizer.encode("a cow")).toEqual(base.tokenizer.encode("a cow"));
    const bytes = data.splits.test.reduce((sum, one) => sum + Buffer.byteLength(one) + 1, 0);
    expect(quality_bytes).toBe(bytes);
    const { difference, margin, conclusive } = control!.lead!;
    expect(difference).toBeCloseTo(Math.abs(scratch! - own!), 9);
    expect(margin).toBeCloseTo(await pairedMargin(alone, tuned, data.splits.test), 4);
    const read = control!.log.at(-1)!.epoch >= 1;
    const verdict = !read
      ? "That is less than one pass over the jokes, too little to say what pre-training is worth"
      : !conclusive
        ? "Whether pre-training helped is not clear here"
        : own! < scratch!
          ? "Pre-training helped"
          : "Pre-training did not help here";
    expect(text(page)).toContain(`${verdict}: ${read ? "" : "so far "}${own!.toFixed(2)}`);
    for (const pair of before_after!)
      expect(Object.keys(pair)).toEqual(["prompt", "before", "after", "scratch"]);
    // The curves are of the validation jokes, in bits per byte.
    const { validation } = data.splits;
    const factor = control!.curves.bits_per_nat;
    const tokens = validation.reduce((sum, one) => sum + base.tokenizer.encode(one).length + 1, 0);
    const size = validation.reduce((sum, one) => sum + Buffer.byteLength(one) + 1, 0);
    expect(factor).toBeCloseTo(tokens / Math.LN2 / size, 9);
    expect(control!.curves.start).toBeCloseTo(await plainBits(base, validation), 4);
    const lowest = Math.min(...log.flatMap(({ val_loss }) => val_loss ?? []));
    expect(lowest * factor).toBeCloseTo(await plainBits(tuned, validation), 3);
  });

  test("the audit asks the pre-trained model the same before it has seen a joke", () => {
    const { chapters, page } = whole;
    const [characters, gpt] = chapters.novelty!.audits;
    expect(characters!.before).toBeUndefined();
    expect(gpt!.before!.model).toBe("punchline-gpt2");
    expect(gpt!.before!.extraction.training.n).toBe(gpt!.extraction!.training.n);
    expect(gpt!.before!.membership.map(({ signal }) => signal)).toEqual(
      gpt!.membership!.map(({ signal }) => signal),
    );
    expect(text(page)).toContain("Before it was shown the jokes, punchline-gpt2 completed");
  });

  test("published models in the cache are used instead of the built-in ones", async () => {
    const cache = process.env.HF_HUB_CACHE!;
    const publish = (model: string, name: string) => {
      const place = join(cache, `models--${name}`);
      cpSync(model, join(place, "snapshots", "c0ffee"), { recursive: true });
      mkdirSync(join(place, "refs"));
      writeFileSync(join(place, "refs", "main"), "c0ffee");
    };
    publish(await tiny("gpt2"), "distilgpt2");
    publish(await tiny("gpt2"), "gpt2");
    publish(await tiny("bert"), "bert-base-uncased");
    try {
      const { trained, page, chapters } = await ran("published", { chapters: ["gpt", "compare"] });
      expect(trained).toEqual(["distilgpt2 on the jokes", "the same network from scratch"]);
      expect(headings(page)).toEqual([titles[2], titles[4]]);
      expect(text(page)).toContain("This is distilgpt2: ");
      expect(chapters.gpt!.commands.train).toMatch(/^punchline finetune distilgpt2 /);
      expect(chapters.compare!.models.map(({ model }) => model)).toEqual(["gpt2", "bert-base-uncased"]);
      expect(chapters.compare!.caveat).toBeUndefined();
    } finally {
      rmSync(cache, { recursive: true });
    }
  });

  test("a chapter alone trains the models that it needs, with the models that you name", async () => {
    const [gpt, bert] = [await tiny("gpt2"), await tiny("bert")];
    const options = { pretrained: [bert, gpt] };
    const { trained, page, pending } = await ran("alone", { ...options, chapters: ["novelty"] });
    expect(trained).toEqual(["the character model", `${gpt} on the jokes`]);
    expect(headings(page)).toEqual([titles[3]]);
    expect(pending).toEqual([]);
    const { trained: more, chapters } = await ran("alone", { ...options, chapters: ["compare"] });
    expect(more).toEqual([]);
    expect(chapters.compare!.models.map(({ model }) => model)).toEqual([gpt, bert]);
  });

  test("a model far larger than the other is asked and not timed against it", async () => {
    const gpt = await tiny("gpt2");
    const { chapters } = await ran("unlike", { pretrained: gpt, chapters: ["compare"] });
    const { models, caveat } = chapters.compare!;
    expect(models.filter((m) => m.predictions.length > 0).map(({ model }) => model)).toEqual([
      gpt,
      "punchline-bert",
    ]);
    expect(
      models
        .filter((m) => m.speed.length > 0)
        .map(({ model }) => model)
        .sort(),
    ).toEqual(["punchline-bert", "punchline-gpt2"]);
    expect(caveat).toContain("are of very different sizes");
  });

  test("two models of a kind, and one that cannot be found, are refused before anything is trained", async () => {
    const [gpt, bert] = [await tiny("gpt2"), await tiny("bert")];
    const refused = (pretrained: readonly string[], said: RegExp) =>
      expect(ran("refused", { pretrained })).rejects.toThrow(said);
    await refused([gpt, "punchline-gpt2"], /both go on with a text/);
    await refused([bert, "punchline-bert"], /both fill gaps/);
    await refused(["no-such-folder/at/all"], /no-such-folder/);
    expect(existsSync(join(folder, "refused", "characters"))).toBe(false);
  });

  test("texts in another script keep their letters; BERT says what it cannot read", async () => {
    const russian = join(folder, "russian.txt");
    const words = "корова утка банк лошадь бар коза лавка крот парк краб луна оса море жаба заяц рысь".split(
      " ",
    );
    const random = new Random(3, "russian");
    const jokes = Array.from({ length: 60 }, (_, i) =>
      Array.from({ length: 6 + (i % 5) }, (_, k) => words[Math.floor(random.uniform(20 * i + k) * 16)]).join(
        " ",
      ),
    );
    writeFileSync(russian, jokes.join("\n"));
    const { chapters, page } = await ran("russian", {
      sources: [russian],
      pretrained: [await tiny("gpt2"), await tiny("bert")],
      chapters: ["characters", "gpt", "compare"],
    });
    const { characters, gpt, compare } = chapters;
    expect(characters!.commands.train).toContain("--keep-unicode");
    expect(characters!.data.splits.train).toBeGreaterThan(40);
    // Several bytes for each letter: what is called a whole joke is longer in tokens.
    expect(gpt!.endings!.tokens).toBeGreaterThan(64);
    expect(gpt!.commands.train).not.toContain("keep-unicode");
    for (const { bits_per_byte } of gpt!.quality!) expect(bits_per_byte).toBeGreaterThan(0);
    expect(compare!.caveat).toMatch(/cannot read 100\u00a0% of the words of your texts, such as “[а-я]+”/);
    expect(text(page)).toContain("it sees [UNK] in their place");
  });

  test("what an earlier version left is removed", async () => {
    const place = join(folder, "older");
    for (const run of ["characters", "gpt-pretrained", "gpt", "gpt-scratch", "bert", "bert-untrained"]) {
      mkdirSync(join(place, run), { recursive: true });
      writeFileSync(join(place, run, "run.json"), "{}");
    }
    const runs = { gpt: { summary: {}, command: "punchline finetune" }, bert: { summary: {}, command: "" } };
    const settings = JSON.stringify({ told: 2, plan: { pretraining: 1 }, seed: 42, version: "0.1.0" });
    writeFileSync(
      join(place, "story.json"),
      JSON.stringify({ settings, pending: ["compare"], runs, seconds: {} }),
    );
    writeFileSync(
      join(place, "gpt.json"),
      JSON.stringify({ origin: { kind: "here", text: "moby-dick", log: [] } }),
    );
    writeFileSync(join(place, "novelty.json"), "[]");
    const { stopped, chapters, page } = await ran("older", {
      pretrained: [await tiny("gpt2"), await tiny("bert")],
      chapters: ["compare"],
    });
    expect(stopped).toBe("told");
    expect(Object.keys(chapters)).toEqual(["compare"]);
    expect(headings(page)).toEqual([titles[4]]);
    expect(readdirSync(place).sort()).toEqual(["compare.json", "story.json"]);
  });

  test("an unknown chapter is refused with the names of those there are", async () => {
    await expect(ran("none", { chapters: ["novelti"] })).rejects.toThrow(UsageError);
    await expect(ran("none", { chapters: ["novelti"] })).rejects.toThrow(/did you mean "novelty"/);
  });
});
