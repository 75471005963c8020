import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { Random } from "../core/random.ts";
import { printableCharacters, printableTokenizer } from "../text/characters.ts";
import { tokenizerFromFiles } from "../text/files.ts";
import { normalise } from "../text/normalise.ts";
import { findDuplicates } from "./duplicates.ts";
import { type PrepareOptions, prepareText, prepareTexts } from "./prepare.ts";
import { prepareData, prepareRawText, readRawText } from "./prepare-sources.ts";
import { encodeSplit } from "./tokens.ts";

const folder = mkdtempSync(join(tmpdir(), "punchline-prepare-"));
afterAll(() => rmSync(folder, { recursive: true }));

const assets = process.env.PUNCHLINE_ASSETS;
const needsAssets = assets ? "" : " (skipped: PUNCHLINE_ASSETS is not set)";

const prepare = (texts: readonly string[], options?: PrepareOptions) => prepareTexts([{ texts }], options);
/** Texts that are far from each other. */
const apart = (n: number) =>
  Array.from({ length: n }, (_, i) =>
    [..."abcdef"].map((c) => `${c}${((i + 7) * (c.charCodeAt(0) * 7919)).toString(36)}`).join(" "),
  );

describe("prepareTexts", () => {
  it("accounts for every row", async () => {
    const texts = [
      ...apart(50),
      "  ",
      "\u{1f602}",
      "Caf\u00e9!!",
      "cafe",
      ...apart(3),
      "yes it is so long a text",
    ];
    const { summary, splits } = await prepare(texts, { maxLength: 80, minLength: 2 });
    const { train, validation, test } = summary.splits;
    expect(summary.rows_in).toBe(58);
    expect(summary.dropped).toEqual({ empty: 2, duplicate: 4 });
    expect(summary.rows_out).toBe(52);
    expect(train + validation + test).toBe(52);
    expect([splits.train.length, splits.validation.length, splits.test.length]).toEqual([
      train,
      validation,
      test,
    ]);
    expect(summary.vocabulary).toBe(100);
    expect(summary.cleaning).toMatchObject({ accents: 1, ascii: 1, space: 1 });
    expect(summary.examples).toHaveLength(3);
    expect((await prepare([...texts, "yes ".repeat(30)], { maxLength: 80 })).summary.dropped.too_long).toBe(
      1,
    );
  });

  it("makes the printable vocabulary spell everything that full cleaning leaves", async () => {
    const wild = apart(20).map(
      (text, i) => `${text} \u201c${String.fromCodePoint(0xa0 + i * 97)}\u0007\u201d`,
    );
    const { splits, tokenizer } = await prepare(wild);
    for (const text of [...splits.train, ...splits.validation, ...splits.test]) {
      expect([...text].every((character) => printableCharacters.includes(character))).toBe(true);
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });

  it("names the first character that the vocabulary lacks where cleaning was switched off", async () => {
    const texts = [...apart(5), "na\u00efve"];
    await expect(prepare(texts, { cleaning: false })).rejects.toThrow(/no character "\u00ef"/);
    await expect(
      prepare(texts, { cleaning: { keepUnicode: true }, vocabulary: "printable" }),
    ).rejects.toThrow(/cannot spell/);
    const { tokenizer, splits } = await prepare(texts, { cleaning: { keepUnicode: true } });
    expect(tokenizer.id("\u00ef")).toBeDefined();
    expect(Object.values(splits).flat()).toContain("na\u00efve");
  });

  it("joins a prompt and its text, says where the text begins, and spells the two apart", async () => {
    const answers = apart(40);
    const prompts = answers.map((_, i) => (i % 4 === 0 ? "" : ` Question\u00a0${i}? `));
    const data = await prepareTexts([{ texts: answers, prompts }]);
    let asked = 0;
    for (const split of ["train", "validation", "test"] as const) {
      const stream = encodeSplit(data, split);
      for (const [i, text] of data.splits[split].entries()) {
        const prompt = data.prompts![split][i]!;
        const [, question = "", answer] = /^(Question \d+\?)?(.*)$/.exec(text)!;
        expect(text.slice(0, prompt)).toBe(question);
        expect(answers).toContain(answer!.trimStart());
        expect(answer!.startsWith(" ")).toBe(question !== "");
        expect(stream.prompts![i]).toBe(question.length);
        expect(stream.offsets[i + 1]! - stream.offsets[i]!).toBe(text.length + 1);
        asked += Number(question !== "");
      }
    }
    expect(asked).toBe(30);
    const plain = await prepare(
      answers.map((answer, i) => (i % 4 === 0 ? answer : `Question ${i}? ${answer}`)),
    );
    expect(plain.splits).toEqual(data.splits);
    expect(plain.prompts).toBeUndefined();
    expect(plain.fingerprint).not.toBe(data.fingerprint);
  });

  it("puts the separator between a tag and a text, its white space on the text's side", async () => {
    const texts = apart(9);
    const data = await prepareTexts([{ texts, prompts: texts.map(() => "animals") }], { separator: ": " });
    const [text] = data.splits.train;
    expect(text!.slice(0, data.prompts!.train[0])).toBe("animals:");
    expect(text!.slice(data.prompts!.train[0])).toBe(` ${texts.find((own) => text!.endsWith(own))}`);
  });

  it("drops a prompt without a text", async () => {
    const { summary } = await prepareTexts([{ texts: [...apart(9), " "], prompts: apart(10) }]);
    expect(summary.dropped).toEqual({ empty: 1 });
  });

  it("turns line breaks inside an item into spaces whatever was switched off", async () => {
    const { splits } = await prepare(["one\ntwo", ...apart(4)], { cleaning: { steps: { space: false } } });
    expect(Object.values(splits).flat()).toContain("one two");
  });

  it("builds the word vocabulary from the training split alone", async () => {
    const { tokenizer, splits } = await prepare(apart(60), {
      vocabulary: "word",
      minCount: 1,
      fractions: { validation: 0.3 },
    });
    const word = splits.validation[0]!.split(" ")[0]!;
    expect(tokenizer.id(splits.train[0]!.split(" ")[0]!)).toBeDefined();
    expect(tokenizer.id(word)).toBeUndefined();
  });

  it("never moves a text to another split when texts are added", async () => {
    const before = await prepare(apart(300));
    const after = await prepare([
      ...apart(300),
      ...apart(400)
        .slice(300)
        .map((text) => `new ${text}`),
    ]);
    for (const name of ["train", "validation", "test"] as const) {
      expect(before.splits[name].filter((text) => !after.splits[name].includes(text))).toEqual([]);
    }
    expect(before.fingerprint).not.toBe(after.fingerprint);
    expect(before.fingerprint).toBe((await prepare(apart(300))).fingerprint);
  });

  it("is idempotent: what it gives, prepared again, is the same", async () => {
    const once = await prepare([...apart(80), "The cat sat, on a mat.", "the cat sat on the mat"]);
    const again = await prepare(Object.values(once.splits).flat());
    expect(again.summary.dropped).toEqual({});
    expect(again.summary.splits).toEqual(once.summary.splits);
  });

  it("refuses what is too little to split, and says why", async () => {
    await expect(prepare([" one joke "])).rejects.toThrow(
      /only one text left; a split needs at least 2.*`prepareText`/,
    );
    await expect(prepare(["a joke", "A joke!"])).rejects.toThrow(
      /only one text left \(dropped: 1 duplicate\)/,
    );
    await expect(prepare(["\u{1f602}"])).rejects.toThrow(/no text left \(dropped: 1 empty\)/);
    const none = { fractions: { validation: 0, test: 0 } };
    expect((await prepare(["one joke"], none)).summary.splits).toEqual({ train: 1, validation: 0, test: 0 });
  });

  it("reports progress", async () => {
    const phases: string[] = [];
    await prepare(apart(10), { onProgress: ({ phase }) => phases.push(phase) });
    expect([...new Set(phases)]).toEqual(["read", "duplicates", "split"]);
  });
});

describe("what is lost is said", () => {
  const cyrillic = ["дом у реки", "кошка спит", "снег идёт", "хлеб и соль", "ночь темна", "мир велик"];
  const chinese = [
    "小鸡过马路。",
    "狐狸跳得高。",
    "今天下雨了。",
    "我喜欢喝茶。",
    "他不说话。",
    "明天见面吧。",
  ];
  const german = [
    "Süße Äpfel",
    "Über den Dächern",
    "Schöne Grüße",
    "Die Mädchen",
    "Fünf Bäcker",
    "Kühe im Stall",
  ];
  const kept = { cleaning: { keepUnicode: true } } as const;

  it.each([
    ["Cyrillic", cyrillic],
    ["Chinese", chinese],
  ])(
    "%s is refused by default, for its letters and not as duplicates, and kept where that is asked",
    async (_, texts) => {
      await expect(prepare(texts)).rejects.toMatchObject({
        code: "letters-lost",
        message: expect.stringMatching(
          /100 % .*becomes.*`cleaning.keepUnicode: true`.*`cleaning.keepUnicode: false`/,
        ),
      });
      const { splits, summary } = await prepare(texts, kept);
      expect(Object.values(splits).flat().sort()).toEqual([...texts].sort());
      expect(summary).toMatchObject({
        rows_out: 6,
        cleaning_loss: { changed: 0, share: 0, example: null },
        warnings: [],
      });
    },
  );

  it("says what a vocabulary that there was before cannot spell", async () => {
    const english = await prepareTexts(
      [{ texts: Array.from({ length: 40 }, (_, i) => `the hen number ${i} sat by the road number ${i}`) }],
      { vocabulary: "wordpiece", nearDuplicates: false },
    );
    const again = (texts: readonly string[]) =>
      prepareTexts([{ texts }], {
        vocabulary: english.tokenizer,
        nearDuplicates: false,
        fractions: { validation: 0.2, test: 0 },
      });
    const known = Array.from({ length: 20 }, (_, i) => `the road number ${i} sat by the hen`);
    expect((await again(known)).summary.warnings).toEqual([]);
    const strange = known.map((text, i) => `${text} \u0434\u043e\u043c${i}`);
    expect((await again(strange)).summary.warnings.join(" ")).toMatch(
      /cannot spell 11 % of the words of these texts, such as "\u0434\u043e\u043c\d+": it sees \[UNK\] in their place/,
    );
  });

  it("a text that is to be ASCII is taken, and what that leaves too few of says why", async () => {
    const plain = { cleaning: { keepUnicode: false } } as const;
    await expect(prepare(cyrillic, plain)).rejects.toThrow(/no text left .*changed 100 % of their letters/);
    const mixed = [...apart(4), ...cyrillic.map((text) => `${text} ${text} ${text} x`)];
    await expect(prepare(mixed, { allowLoss: false, ...plain })).rejects.toThrow(/most of its letters/);
    expect((await prepare(mixed, plain)).summary.cleaning_loss.share).toBeGreaterThan(0.5);
  });

  it("German and mixed texts are taken with a warning and an example", async () => {
    for (const texts of [german, [...apart(40), ...cyrillic]]) {
      const { summary } = await prepare(texts);
      const { letters, changed, share, example } = summary.cleaning_loss;
      const all = [...texts.join("")].filter((c) => /\p{L}/u.test(c));
      expect(letters).toBe(all.length);
      expect(changed).toBe(all.filter((c) => c > "\x7f").length);
      expect(share).toBeCloseTo(changed / letters, 12);
      expect(summary.warnings).toEqual([expect.stringContaining("`cleaning.keepUnicode: true`")]);
      expect(summary.warnings[0]).toContain(
        `${JSON.stringify(example!.before)} becomes ${JSON.stringify(example!.after)}`,
      );
    }
    const { summary } = await prepare([...apart(60), "caf\u00e9 \u201cau lait\u201d"]);
    expect(summary).toMatchObject({ cleaning_loss: { changed: 1 }, warnings: [] });
  });

  it("pieces of bytes and of words keep what they can spell", async () => {
    for (const vocabulary of ["bpe", "wordpiece"] as const) {
      const data = await prepare([...cyrillic, "\u201cquoted\u201d"], { vocabulary });
      expect(Object.values(data.splits).flat()).toContain("\u201cquoted\u201d");
      const again = await prepare([...german, "\u201cquoted\u201d"], { vocabulary: data.tokenizer });
      expect(again.cleaning).toEqual({
        steps: ["entities", "control", "space"],
        keepUnicode: true,
        lineBreaks: false,
      });
      expect(again.fingerprint).toBe((await prepare([...german, "\u201cquoted\u201d"], kept)).fingerprint);
      const ascii = await prepare(german, { vocabulary, cleaning: { keepUnicode: false } });
      expect(Object.values(ascii.splits).flat()).toContain("Susse Apfel");
    }
    const bpe = await prepare(cyrillic, { vocabulary: "bpe" });
    expect(bpe.tokenizer.decode(bpe.tokenizer.encode(chinese[0]!))).toBe(chinese[0]);
  });

  it("near duplicates are shown in pairs, with a warning where they are many", async () => {
    const base = apart(12);
    const few = await prepare([...base, `${base[3]} x`]);
    expect(few.summary.near_examples).toEqual([{ dropped: `${base[3]} x`, kept: base[3] }]);
    expect(few.summary.warnings).toEqual([]);
    const many = await prepare([...base, ...base.slice(0, 6).map((text) => `${text} x`)]);
    expect(many.summary.dropped).toEqual({ near_duplicate: 6 });
    expect(many.summary.near_examples).toHaveLength(3);
    for (const { dropped, kept: other } of many.summary.near_examples) expect(dropped).toBe(`${other} x`);
    expect(many.summary.warnings).toEqual([
      expect.stringMatching(/^33 % of the texts .*`nearDuplicates: false`/),
    ]);
  });
});

describe("line breaks", () => {
  const poems = apart(12).map((text) => text.replace(" ", " \r\n").replace(/ (\S+)$/, "\n\n$1"));
  const shaped = poems.map((text) => text.replace(" \r\n", "\n"));
  const all = async (options: PrepareOptions) => {
    const { splits, ...data } = await prepare(poems, options);
    return { ...data, texts: Object.values(splits).flat().sort() };
  };

  it.each(["printable", "character", "word"] as const)(
    "end a text of %ss, and are counted where they become spaces",
    async (vocabulary) => {
      for (const cleaning of [{}, { steps: { space: false } }]) {
        const { texts, summary } = await all({ vocabulary, cleaning, minCount: 1 });
        expect(texts).toEqual(apart(12).sort());
        expect(summary.line_breaks).toBe(12);
        expect(summary.warnings).toEqual([
          expect.stringMatching(/^Line breaks inside 12 texts .*`end: "TEXT"`/),
        ]);
      }
    },
  );

  it.each([
    ["character", "\u00b6"],
    ["printable", "|"],
    ["word", "<end>"],
  ] as const)("stay in a vocabulary of %ss with another end", async (vocabulary, end) => {
    const { texts, tokenizer, summary, cleaning } = await all({ vocabulary, end, minCount: 1 });
    expect(texts).toEqual([...shaped].sort());
    expect(summary).toMatchObject({ line_breaks: 0, warnings: [] });
    expect(cleaning.lineBreaks).toBe(true);
    expect(tokenizer.token(tokenizer.endOfText)).toBe(end);
    const trained = vocabulary === "word" ? "a\nb" : shaped[0]!;
    expect(tokenizer.encode(trained)).not.toContain(tokenizer.endOfText);
    const files = tokenizer.files();
    const read = tokenizerFromFiles(files["tokenizer.json"], files["tokenizer_config.json"]);
    expect(read.endOfText).toBe(tokenizer.endOfText);
    if (vocabulary !== "word") expect(read.decode(read.encode(shaped[0]!))).toBe(shaped[0]);
    // The same texts for a model that has this end already.
    expect((await all({ vocabulary: tokenizer })).texts).toEqual(texts);
  });

  it("are a sign like others for pieces of words: the step for white space alone takes them", async () => {
    const spaced = await all({ vocabulary: "bpe" });
    expect(spaced.texts).toEqual(apart(12).sort());
    expect(spaced.summary.warnings).toEqual([expect.stringMatching(/`cleaning.steps.space: false`/)]);
    const { texts, tokenizer, summary } = await all({ vocabulary: "bpe", cleaning: false });
    expect(texts).toEqual([...poems].sort());
    expect(summary.line_breaks).toBe(0);
    expect(tokenizer.decode(tokenizer.encode(poems[0]!))).toBe(poems[0]);
  });

  it("refuses an end that a text contains, or that the vocabulary cannot have", async () => {
    await expect(all({ end: "d" })).rejects.toThrow(/contains "d", which is to end a text/);
    await expect(all({ end: "<end>" })).rejects.toThrow(/`end` must be one sign/);
    await expect(all({ end: "a b", vocabulary: "word" })).rejects.toThrow(/without white space/);
    await expect(all({ end: "\u00b6", vocabulary: "printable" })).rejects.toThrow(
      /printable vocabulary has no/,
    );
    await expect(all({ end: "|", vocabulary: "bpe" })).rejects.toThrow(/leave `end` out/);
    await expect(all({ end: "|", vocabulary: printableTokenizer() })).rejects.toThrow(/"\\n" ends a text/);
  });
});

describe("prepareText", () => {
  it("splits by position and keeps every character", () => {
    const text = `${"To be, or not to be.\n".repeat(50)}\u{1f602}`;
    const { splits, summary, tokenizer } = prepareText(text, { fractions: { validation: 0.2, test: 0.1 } });
    expect([splits.train, splits.validation, splits.test].flat().join("")).toBe(text);
    expect(summary.splits).toEqual({ train: 736, validation: 210, test: 106 });
    expect(summary.unit).toBe("characters");
    expect(tokenizer.size).toBe(new Set([...text]).size);
    const data = prepareText(text);
    expect(data.splits.test).toEqual([]);
    expect(encodeSplit(data, "train").tokens).toHaveLength(data.splits.train[0]!.length);
    expect(encodeSplit(data, "test").tokens).toHaveLength(0);
  });

  it("does not cut a character in two", () => {
    const { splits } = prepareText("\u{1f602}".repeat(9), { fractions: { validation: 0.5 } });
    expect([...splits.train[0]!, ...splits.validation[0]!].every((c) => c === "\u{1f602}")).toBe(true);
  });

  it("refuses an empty text and characters that a given vocabulary lacks", () => {
    expect(() => prepareText("a")).toThrow(/has 1 characters/);
    expect(() => prepareText("caf\u00e9", { vocabulary: printableTokenizer() })).toThrow(
      /no character "\u00e9"/,
    );
  });
});

describe("prepareData", () => {
  it("takes several sources as one and summarises each", async () => {
    const a = join(folder, "a.csv");
    const b = join(folder, "b.jsonl.gz");
    writeFileSync(
      a,
      `ID,Joke\n${apart(20)
        .map((text, i) => `${i},${text}\n`)
        .join("")}`,
    );
    writeFileSync(
      b,
      gzipSync(
        apart(25)
          .map((text) => JSON.stringify({ body: text }))
          .join("\n"),
      ),
    );
    const { summary } = await prepareData([a, b]);
    expect(summary.sources).toMatchObject([
      { source: a, format: "csv", column: "Joke", rows: 20 },
      { source: b, format: "jsonl.gz", column: "body", rows: 25 },
    ]);
    expect(summary).toMatchObject({ rows_in: 45, rows_out: 25, dropped: { duplicate: 20 } });
    await expect(prepareData([])).rejects.toThrow(/No source is given/);
  });

  it("prepares the built-in jokes", async () => {
    const { summary, splits } = await prepareData("one-liners");
    const lost = Object.values(summary.dropped).reduce((sum, n) => sum + n, 0);
    expect(summary.rows_in).toBe(2633);
    expect(summary.rows_out).toBe(2633 - lost);
    expect(summary.dropped.attack_on_a_group).toBeGreaterThan(100);
    expect(summary.dropped.not_for_a_classroom).toBeGreaterThan(400);
    expect(summary.sources[0]).toMatchObject({ jokes: "classroom" });
    expect(splits.validation.length).toBeGreaterThan(50);
    expect(splits.test.length).toBeGreaterThan(50);
  });

  it("takes a source for validation alone, and no text of training that repeats one of its texts", async () => {
    const write = (name: string, texts: readonly string[]) => {
      writeFileSync(join(folder, name), texts.join("\n"));
      return join(folder, name);
    };
    const held = ["A hen walked into a bar and ordered corn.", "The moon is made of cheese, said the mouse."];
    const own = apart(40);
    const training = write("training.txt", [
      ...own,
      held[0]!,
      "A hen walked into a bar and ordered corn!!",
      "The moon is made of a cheese, said the mouse.",
    ]);
    const validationSource = write("held.txt", held);
    const { splits, summary } = await prepareData(training, { validationSource });
    expect(splits.validation).toEqual(held);
    expect(splits.test).toEqual([]);
    expect(splits.train).toEqual(own);
    expect(summary.dropped).toEqual({ duplicate: 2, near_duplicate: 1 });
    expect(summary.sources.map(({ source }) => source)).toEqual([validationSource, training]);
    const tested = await prepareData(training, { validationSource, fractions: { test: 0.25 } });
    expect(tested.splits.validation).toEqual(held);
    expect(tested.splits.test.length).toBeGreaterThan(3);
    expect([...tested.splits.train, ...tested.splits.test].sort()).toEqual(own.toSorted());
    await expect(prepareData(training, { validationSource, fractions: { validation: 0.1 } })).rejects.toThrow(
      "`validationSource`",
    );
    await expect(prepareData(validationSource, { validationSource })).rejects.toThrow(/has no text left/);
  });

  it("reads a validation source by the options of the data, and detects for each what is not given", async () => {
    const folder = mkdtempSync(join(tmpdir(), "punchline-held-out-"));
    const file = (name: string, rows: readonly string[], encoding: "latin1" | "utf8") => {
      writeFileSync(join(folder, name), Buffer.from(`${rows.join("\n")}\n`, encoding));
      return join(folder, name);
    };
    const own = apart(20);
    const held = ["Die Möwe aß über Nacht den Käse.", "Der Bär fährt müde nach Köln."];
    const table = (texts: readonly string[], mark: string) => texts.map((text, i) => `${i}${mark}${text}`);
    const training = file("training.csv", table(own, ";"), "latin1");
    const validationSource = file("held.csv", table(held, ";"), "latin1");
    const read = { vocabulary: "character", cleaning: false } as const;
    const options = { ...read, encoding: "windows-1252", delimiter: ";", header: false, column: "2" };
    const { splits, summary } = await prepareData(training, { ...options, validationSource });
    expect(splits).toEqual({ train: own, validation: held, test: [] });
    const as = { encoding: "windows-1252", delimiter: ";", header: false };
    expect(summary.sources).toMatchObject([
      { source: validationSource, ...as },
      { source: training, ...as },
    ]);
    const found = prepareData(training, { ...read, validationSource });
    await expect(found).rejects.toThrow(/held\.csv.*UTF-8/);
    const bars = file("bars.csv", table(held, "|"), "utf8");
    const mixed = await prepareData(training, { ...read, validationSource: bars });
    expect(mixed.splits.validation).toEqual(held);
    expect(mixed.summary.sources.map(({ delimiter }) => delimiter)).toEqual(["|", ";"]);
  });

  it("learns pieces of words of the size that is asked for", async () => {
    const texts = Array.from(
      { length: 50 },
      (_, i) => `the hen number ${i} crossed the road to see the ${i * 7} foxes`,
    );
    for (const vocabulary of ["bpe", "wordpiece"] as const) {
      const { tokenizer } = await prepareTexts([{ texts }], {
        vocabulary,
        vocabularySize: 280,
        nearDuplicates: false,
      });
      const { tokenizer: smaller } = await prepareTexts([{ texts }], {
        vocabulary,
        vocabularySize: 262,
        nearDuplicates: false,
      });
      if (vocabulary === "bpe") expect([tokenizer.size, smaller.size]).toEqual([280, 262]);
      expect(tokenizer.size).toBeLessThanOrEqual(280);
      expect(tokenizer.decode(tokenizer.encode(texts[3]!))).toBe(texts[3]);
    }
    await expect(
      prepareTexts([{ texts }], { vocabulary: "bpe", vocabularySize: 100, nearDuplicates: false }),
    ).rejects.toThrow("257 to 65536");
  });

  it.each(["texts", "one text"])(
    "stops the learning of pieces of words where it is asked to, of %s",
    async (of) => {
      const random = new Random(3, "dna");
      // Enough for several turns on a fast machine.
      const dna = Array.from({ length: 2_000_000 }, (_, i) => "ACGT"[random.below(4, i)]).join("");
      const path = join(folder, "dna.txt");
      writeFileSync(path, dna);
      const stop = new AbortController();
      const options = { vocabulary: "bpe" as const, vocabularySize: 20_000, signal: stop.signal };
      const fractions = { validation: 0, test: 0 };
      setTimeout(() => stop.abort(new Error("stopped")), 1);
      const preparing =
        of === "texts"
          ? prepareTexts([{ texts: [dna] }], { ...options, fractions })
          : prepareRawText(path, options);
      await expect(preparing).rejects.toThrow("stopped");
    },
  );

  it("keeps the line breaks of documents for pieces of words, and of documents alone", async () => {
    const texts = apart(12).map((text) => `Title\n\n${text}  and\tmore \n the end`);
    const kept = texts.map((text) => text.replace("  and\tmore \n the", " and more\nthe"));
    const joined = texts.map((text) => text.replace(/\s+/g, " "));
    const path = join(folder, "documents.txt");
    writeFileSync(path, texts.map((text) => `${text}\n<|endoftext|>\n`).join("\n"));
    const all = async (options: Parameters<typeof prepareData>[1]) => {
      const { splits, cleaning } = await prepareData(path, options);
      return {
        texts: [...splits.train, ...splits.validation, ...splits.test].sort(),
        breaks: cleaning.lineBreaks,
      };
    };
    expect(await all({ vocabulary: "bpe" })).toEqual({ texts: kept.toSorted(), breaks: true });
    expect(await all({ vocabulary: "printable" })).toEqual({ texts: joined.toSorted(), breaks: false });
    expect((await all({ vocabulary: "bpe", cleaning: false })).texts).toEqual(texts.toSorted());
    const lines = await prepareTexts([{ texts }], { vocabulary: "bpe" });
    expect(lines.splits.train[0]).not.toContain("\n");
  });

  it("reads raw text unchanged", async () => {
    const path = join(folder, "raw.txt");
    writeFileSync(path, " caf\u00e9 &amp;\r\n\n");
    expect(await readRawText(path)).toBe(" caf\u00e9 &amp;\r\n\n");
    const data = await prepareRawText(path, { fractions: { validation: 0.5 } });
    expect(data.summary.sources).toMatchObject([{ source: path, format: "text", column: null, rows: 1 }]);
  });
});

describe.skipIf(!assets)(`real data${needsAssets}`, () => {
  const kaggle = join(assets ?? "", "short-jokes", "shortjokes.csv");

  it("splits tiny-shakespeare where nanoGPT does", async () => {
    const path = join(assets!, "tiny-shakespeare", "input.txt");
    const { splits, tokenizer } = await prepareRawText(path);
    expect(splits.train[0]).toHaveLength(1_003_854);
    expect(splits.validation[0]).toHaveLength(111_540);
    expect(tokenizer.size).toBe(65);
  });

  it("leaves no near copy of a joke on two sides", async () => {
    const { splits, summary } = await prepareData(kaggle);
    expect(summary.rows_in).toBe(39_754);
    expect(summary.dropped.near_duplicate).toBeGreaterThan(300);
    const { exact, near } = await findDuplicates(
      [splits.train, splits.validation, splits.test].flat().map(normalise),
    );
    expect(exact.some((earlier) => earlier >= 0)).toBe(false);
    expect(near.some((earlier) => earlier >= 0)).toBe(false);
  });

  it("takes 231,657 rows of the Kaggle layout and finds the perturbed copies", async () => {
    const path = join(folder, "kaggle.csv");
    const rows = perturbedRows(readFileSync(kaggle, "utf8"), 231_657);
    writeFileSync(path, rows);
    const data = await prepareData(path);
    const { summary } = data;
    const lost = Object.values(summary.dropped).reduce((sum, n) => sum + n, 0);
    expect(summary.rows_in).toBe(231_657);
    expect(summary.rows_out + lost).toBe(231_657);
    // Every copy differs from its original by case, marks or one added word: all but a few are found.
    expect(summary.rows_out).toBeGreaterThan(38_000);
    expect(summary.rows_out).toBeLessThan(40_500);
    const { tokens, offsets } = encodeSplit(data, "train");
    expect(offsets).toHaveLength(summary.splits.train + 1);
    expect(data.tokenizer.decode(tokens.subarray(0, offsets[1]!))).toBe(`${data.splits.train[0]}\n`);
  });
});

/** The rows of a CSV file repeated up to `count`, each round with a change of its own. */
function perturbedRows(csv: string, count: number): string {
  const lines = csv.trimEnd().split(/\r?\n/).slice(1);
  const changes = [
    (text: string) => text,
    (text: string) => text.toUpperCase(),
    (text: string) => text.replaceAll("?", "??"),
    (text: string) => text.replace(/("?)$/, " lol$1"),
    (text: string) => text.replace(/^(")?/, "$1So "),
    (text: string) => text.replace(/ /, "  "),
  ];
  const out = ["ID,Joke"];
  for (let i = 0; i < count; i++) {
    const line = lines[i % lines.length]!;
    const comma = line.indexOf(",");
    out.push(`${i + 1},${changes[Math.floor(i / lines.length) % changes.length]!(line.slice(comma + 1))}`);
  }
  return `${out.join("\n")}\n`;
}
