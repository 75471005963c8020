/** A text that stands anywhere in the source is found and said, with the part that it is in. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { prepareTexts } from "../src/data/prepare.ts";
import { auditModel } from "../src/evaluate/novelty/audit-model.ts";
import { likenessOf } from "../src/evaluate/novelty/finding.ts";
import { sourceAuditor } from "../src/evaluate/novelty/source-auditor.ts";
import { textsOf } from "../src/evaluate/novelty/source-texts.ts";
import { temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import { randomModel } from "./random-model.ts";

const nouns = ["hen", "fox", "king", "baker", "tailor", "pilot", "monk", "nurse", "judge", "clown"];
const verbs = [
  "sang",
  "slept",
  "danced",
  "cooked",
  "waited",
  "laughed",
  "argued",
  "painted",
  "sailed",
  "wept",
];
const texts = nouns.flatMap((noun, i) =>
  verbs.map(
    (verb, k) =>
      `One ${noun} ${verb} near ${verbs[(k + i + 3) % 10]} ${nouns[(i + k + 1) % 10]} ${i * 10 + k}`,
  ),
);
const source = [...texts, texts[0]!, "ab"];
const prepared = () =>
  prepareTexts([{ texts: source }], {
    fractions: { validation: 0.1, test: 0.1 },
    minLength: 3,
    nearDuplicates: false,
  });

describe("all of a source", () => {
  it("counts for a file of texts: none that stands in it is new", async () => {
    const data = await prepared();
    const audit = await auditModel(texts, { data, everywhere: true });
    expect(audit.copies).toBe(texts.length);
    const { train, validation, test } = data.splits;
    expect(audit.parts).toEqual({ train: train.length, validation: validation.length, test: test.length });
    for (const sample of audit.samples)
      expect(data.splits[sample.part as "train"].includes(sample.text)).toBe(true);
    // The baseline is looked up in the training part alone, or every held-out text would find itself.
    expect(audit.baseline).toMatchObject({ copies: 0, n: validation.length + test.length });
    expect(audit.notes!.join(" ")).toMatch(/held-out parts of the data, looked up in its training part/);
  });

  it("is looked through for a model that cannot be asked, and that is said", async () => {
    const lm = randomModel("char-bilstm", { sizes: { width: 8, window: 8 } });
    const audit = await auditModel(texts.slice(0, 3), { data: await prepared(), lm });
    expect(audit).not.toHaveProperty("extraction");
    expect(audit.notes!.join(" ")).toMatch(/char-bilstm does not predict each token .* was not asked/);
  });

  it("is where texts that were dropped are found too", async () => {
    const data = await prepared();
    expect(data.droppedTexts).toEqual([
      { text: "ab", reason: "too_short" },
      { text: texts[0], reason: "duplicate" },
    ]);
    const audit = await auditModel(["ab", "zebras yodel"], { data, everywhere: true });
    expect(audit.samples.map(({ part }) => part)).toEqual(["too_short", undefined]);
  });

  it("is where texts are found that the source leaves out, and that the cleaning takes away whole", async () => {
    const batches = [
      { texts: [...texts, "Шутка про медведя"] },
      { texts: [], dropped: { attack_on_a_group: ["A joke about some people."] } },
    ];
    const cleaning = { keepUnicode: false };
    const data = await prepareTexts(batches, { cleaning, nearDuplicates: false });
    expect(data.summary.dropped).toEqual({ empty: 1, attack_on_a_group: 1 });
    expect(data.summary.rows_in).toBe(texts.length + 2);
    const audit = await auditModel(["Шутка про медведя", "A joke about some people."], {
      data,
      everywhere: true,
    });
    expect(audit.samples.map(({ part }) => part)).toEqual(["empty", "attack_on_a_group"]);
    expect(audit.notes!.join(" ")).toContain("1 in what was left out for attacking a group of people");
  });

  it("is what a sample is judged by where it is shown", async () => {
    const data = await prepared();
    const auditor = await sourceAuditor(data);
    const shown = [data.splits.train[0]!, data.splits.validation[0]!, "ab", "Zebras yodel."];
    expect(shown.map((text) => likenessOf(auditor.audit(text)))).toEqual(["copy", "known", "known", "new"]);
  });

  it("is told of for a model, whose copies are those of what it was trained on", async () => {
    const data = await prepared();
    const held = data.splits.test[0]!;
    const audit = await auditModel([held, data.splits.train[0]!, "zebras yodel"], { data });
    expect(audit.copies).toBe(1);
    expect(audit.samples.map(likenessOf)).toEqual(["known", "copy", "new"]);
    expect(audit.samples.map(({ part }) => part)).toEqual(["test", "train", undefined]);
    expect(audit.notes!.join(" ")).toMatch(/1 of the texts .* not new either: 1 in the test part/);
  });
});

it("the command finds them, and takes a baseline from elsewhere", async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "source.txt"), source.join("\n"));
  writeFileSync(join(cwd, "samples.txt"), texts.join("\n"));
  writeFileSync(join(cwd, "other.txt"), ["Nobody knows this.", "Nor that one."].join("\n"));
  const words = ["novelty", "samples.txt", "--data", "source.txt", "--near", "off", "--json"];
  const alone = JSON.parse((await punchline(words, { cwd })).stdout);
  expect(alone).toMatchObject({ copies: texts.length, n: texts.length });
  const beside = JSON.parse((await punchline([...words, "--baseline", "other.txt"], { cwd })).stdout);
  expect(beside.baseline).toMatchObject({ copies: 0, n: 2 });
  expect(beside.finding).toBe("more");
});

it("the command reads samples as they are written: another encoding, questions and answers", async () => {
  const cwd = temporaryFolder();
  const german = [
    "Über den Dächern kreisen Störche.",
    "Die Mädchen essen süße Äpfel.",
    "Schöne Grüße aus Köln!",
  ];
  writeFileSync(join(cwd, "data.txt"), german.join("\n"), "latin1");
  writeFileSync(join(cwd, "utf8.txt"), german.slice(0, 2).join("\n"));
  const splits = ["--validation", "0.3", "--test", "0.3", "--near", "off", "--json"];
  for (const samples of ["data.txt", "utf8.txt"]) {
    const words = ["novelty", samples, "--data", "data.txt", "--encoding", "windows-1252", ...splits];
    const audit = JSON.parse((await punchline(words, { cwd })).stdout);
    expect(audit.samples.map(({ text }: { text: string }) => text)).toEqual(german.slice(0, audit.n));
    expect(audit.kinds.exact).toBe(audit.n);
  }
  const pairs = texts.slice(0, 20).map((text, i) => `What is number ${i}?,${text}`);
  writeFileSync(join(cwd, "pairs.csv"), ["question,answer", ...pairs].join("\n"));
  const { stdout } = await punchline(["novelty", "pairs.csv", "--data", "pairs.csv", ...splits], { cwd });
  expect(JSON.parse(stdout).kinds).toEqual({ exact: 20, near: 0, span: 0 });
});

it("says that a model was asked for no text, and gives no rate of none", async () => {
  const cwd = temporaryFolder();
  // A number of its own in each text, which a vocabulary of words does not have.
  writeFileSync(join(cwd, "source.txt"), texts.map((text, i) => `No ${i + 1000}: ${text}`).join("\n"));
  const train = ["train", "--model", "word-rnn", "--data", "source.txt", "--near", "off", "--out", "run"];
  await punchline([...train, "--steps", "2", "--width", "8"], { cwd });
  const { stdout } = await punchline(["novelty", "run", "-n", "4", "--json"], { cwd });
  const audit = JSON.parse(stdout);
  expect(audit.extraction).toBeUndefined();
  expect(audit.notes.join(" ")).toMatch(/No text could be asked for/);
});

it("sample --novel throws away what stands in the data outside its training part", async () => {
  const cwd = temporaryFolder();
  const [known] = (await prepareTexts([{ texts }])).splits.validation;
  // A model of one text writes nothing else.
  writeFileSync(join(cwd, "one.txt"), Array.from({ length: 60 }, () => known).join("\n"));
  writeFileSync(join(cwd, "all.txt"), texts.join("\n"));
  const train = ["train", "--out", "run", "--data", "one.txt", "--no-duplicates", "--near", "off"];
  const split = ["--validation", "0", "--test", "0"];
  const sizes = ["--width", "32", "--batch-size", "8", "--steps", "120", "--learning-rate", "0.02"];
  const ran = await punchline([...train, ...split, ...sizes, "--sample-every", "0"], { cwd });
  expect(ran.status, ran.stderr).toBe(0);
  rmSync(join(cwd, "run", "run.json")); // or other data is prepared as its own was, without a validation part
  const words = ["sample", "run", "--novel", "--data", "all.txt", "--temperature", "0"];
  expect(await punchline([...words.slice(0, 2), "--temperature", "0"], { cwd })).toMatchObject({
    stdout: `${known}\n`,
  });
  const sampled = await punchline(words, { cwd });
  expect(sampled.status, sampled.stderr).toBe(1);
  expect(sampled.stderr).toMatch(/Threw away (\d+) of \1 texts/);
});

describe("documents, such as chapters of books", () => {
  const sentence = (i: number) => `${texts[i % texts.length]}, and then it was day ${i}.`;
  const chapter = (k: number) => Array.from({ length: 60 }, (_, i) => sentence(60 * k + i)).join(" ");
  const documents = async () =>
    prepareTexts([{ texts: Array.from({ length: 20 }, (_, k) => chapter(k)) }], {
      fractions: { validation: 0.1, test: 0.1 },
      nearDuplicates: false,
    });

  it("are judged, and asked about, in pieces that are no longer than what is written", async () => {
    const data = await documents();
    const lm = randomModel("gpt2", { sizes: { width: 16, layers: 1, heads: 2, context: 256 } });
    const copied = data.splits.train[3]!.slice(700, 900);
    const audit = await auditModel([copied, "nothing of this kind was ever written down by a hen or a fox"], {
      data,
      lm,
      asked: 5,
    });
    expect(audit.samples.map(({ copy }) => copy)).toEqual([true, false]);
    // No chapter fits the context, so that nothing could be asked before.
    expect(audit.extraction).toMatchObject({ training: { n: 5 }, heldout: { n: 5 } });
    expect(audit.membership).toHaveLength(3);
    const { training, heldOut } = textsOf(data);
    for (const piece of [...training, ...heldOut]) expect(piece.length).toBeLessThanOrEqual(240);
    for (const piece of training) expect(data.splits.train.some((text) => text.includes(piece))).toBe(true);
    // Real text of the same kind is what a copy is held against: most pieces are.
    expect(audit.baseline.n).toBe(heldOut.length);
  });

  it("leave short texts as they are", async () => {
    const { splits, kind } = await prepared();
    expect(textsOf({ splits, kind }).training).toEqual(splits.train);
  });
});
