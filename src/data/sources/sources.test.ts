import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";
import jokes from "one-liner-joke/jokes.json" with { type: "json" };
import { afterAll, describe, expect, it } from "vitest";
import { parquetBytes } from "../../../test/parquet-fixture.ts";
import { sourceKinds } from "../prepare-sources.ts";
import { attackTags, crudeTags, jokeJudge } from "./classroom.ts";
import { openSource, type SourceOptions } from "./source.ts";

const folder = mkdtempSync(join(tmpdir(), "punchline-sources-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function read(name: string, options: SourceOptions = {}) {
  const source = await openSource(name, options, sourceKinds);
  const texts: string[] = [];
  const prompts: string[] = [];
  const dropped: Record<string, readonly string[]> = {};
  for await (const batch of source.batches()) {
    texts.push(...batch.texts);
    prompts.push(...(batch.prompts ?? []));
    Object.assign(dropped, batch.dropped);
  }
  const { column, promptColumn, format } = source;
  return { texts, prompts, dropped, column, promptColumn, format };
}

const texts = ['He said "hi", twice', "caf\u00e9 \u{1f602}", "two\nlines", "plain"];
const quoted = texts.map((text) => `"${text.replaceAll('"', '""')}"`);
const records = texts.map((text, i) => ({ id: i, Joke: text }));

describe("files", () => {
  const cases: readonly (readonly [string, string | Uint8Array, string | undefined])[] = [
    ["kaggle.csv", `ID,Joke\n${quoted.map((cell, i) => `${i},${cell}\n`).join("")}`, "Joke"],
    ["windows.csv", `\ufeffID,Joke\r\n${quoted.map((cell, i) => `${i},${cell}`).join("\r\n\r\n")}`, "Joke"],
    ["semicolon.csv", `id;BODY\n${quoted.map((cell, i) => `${i};${cell}\n`).join("")}`, "BODY"],
    [
      "longest.csv",
      `a,b,c\n${quoted.map((cell, i) => `${i}00000000000000000000,${cell},x\n`).join("")}`,
      "b",
    ],
    ["table.tsv", `Joke\tn\n${quoted.map((cell, i) => `${cell}\t${i}\n`).join("")}`, "Joke"],
    ["list.json", JSON.stringify(texts), undefined],
    ["records.json", JSON.stringify(records, null, 2), "Joke"],
    ["nested.json", JSON.stringify({ version: 1, data: records }), "Joke"],
    ["lines.jsonl", records.map((record) => `${JSON.stringify(record)}\n`).join("\n"), "Joke"],
    ["strings.ndjson", texts.map((text) => JSON.stringify(text)).join("\n"), undefined],
    ["table.parquet", parquetBytes({ id: texts.map((_, i) => `${i}`), Joke: texts }), "Joke"],
  ];

  it.each(cases)("%s gives its texts, packed or not", async (name, content, column) => {
    expect(await read(file(name, content))).toMatchObject({ texts, column });
    const packed = await read(file(`${name}.gz`, gzipSync(content)));
    expect(packed).toMatchObject({ texts, column });
    expect(packed.format).toMatch(/\.gz$/);
    const bytes = typeof content === "string" ? strToU8(content) : content;
    const archive = zipSync({ [name]: bytes, "readme.md": strToU8("about"), [`__MACOSX/._${name}`]: bytes });
    const unpacked = await read(file(`${name}.archive.zip`, archive));
    expect(unpacked).toMatchObject({ texts, column });
    expect(unpacked.format).toMatch(/\.zip$/);
  });

  it("a text file gives a text per line", async () => {
    expect((await read(file("a.txt", "one\r\ntwo\n\nthree"))).texts).toEqual(["one", "two", "", "three"]);
  });

  it("a table gives the named column, without regard to case, and says which there are", async () => {
    const path = file("two.csv", "joke,Answer\nq,a\n");
    expect((await read(path, { column: "answer" })).texts).toEqual(["a"]);
    await expect(read(path, { column: "anwser" })).rejects.toThrow(
      /no column "anwser"; did you mean "Answer"/,
    );
    await expect(read(path, { column: "x9" })).rejects.toThrow(/known are: joke, Answer/);
  });

  const asked = texts.map((text, i) => ({
    prompt: i === 1 ? "" : `Q${i}`,
    completion: text,
    other: "x".repeat(90),
  }));
  const table = parquetBytes({
    prompt: asked.map(({ prompt }) => prompt),
    completion: texts,
    other: texts.map(() => "x".repeat(90)),
  });
  it.each([
    ["pairs.jsonl", asked.map((record) => `${JSON.stringify(record)}\n`).join("")],
    ["pairs.json", JSON.stringify(asked)],
    [
      "pairs.csv",
      `prompt,completion,other\n${quoted.map((cell, i) => `${asked[i]!.prompt},${cell},x\n`).join("")}`,
    ],
    ["pairs.parquet", table],
  ])("%s: a prompt column belongs to its completion column", async (name, content) => {
    const path = file(name, content);
    const prompts = asked.map(({ prompt }) => prompt);
    expect(await read(path)).toMatchObject({ texts, prompts, column: "completion", promptColumn: "prompt" });
    const one = await read(path, { column: "completion" });
    expect(one).toMatchObject({ texts, prompts: [], promptColumn: undefined });
    const other = await read(path, { promptColumn: "other" });
    expect(other).toMatchObject({ texts, column: "completion", promptColumn: "other" });
    await expect(read(path, { promptColumn: "promt" })).rejects.toThrow(
      /no column "promt"; did you mean "prompt"/,
    );
  });

  it("a column of tags is a prompt when it is named, and the text is found among the others", async () => {
    const path = file("tags.csv", "joke,tag\nWhy did the hen cross the road?,animals\nTo see.,roads\n");
    expect(await read(path)).toMatchObject({ column: "joke", prompts: [] });
    expect(await read(path, { promptColumn: "tag" })).toMatchObject({
      texts: ["Why did the hen cross the road?", "To see."],
      prompts: ["animals", "roads"],
      column: "joke",
    });
  });

  it("a table whose first row is a text has no header", async () => {
    const long = "This is a whole joke of more than forty characters, not a name.";
    const path = file("bare.csv", `1,"${long}"\n2,short one\n`);
    expect(await read(path)).toMatchObject({ texts: [long, "short one"], column: "2" });
  });

  it("texts of thousands of rows come through whole, across the borders of chunks", async () => {
    const many = Array.from(
      { length: 30_000 },
      (_, i) => `caf\u00e9 number ${i} \u{1f602}${"!".repeat(i % 40)}`,
    );
    const csv = file("many.csv", `ID,Joke\n${many.map((text, i) => `${i},${text}`).join("\n")}`);
    expect((await read(csv)).texts).toEqual(many);
    expect((await read(file("many.txt", many.join("\n")))).texts).toEqual(many);
    const lines = many.map((text) => JSON.stringify({ text })).join("\n");
    expect((await read(file("many.jsonl", lines))).texts).toEqual(many);
  });

  it("a line of 10 MB is one text", async () => {
    const line = "abcdefghi ".repeat(1_000_000);
    expect((await read(file("long.txt", line))).texts).toEqual([line]);
    expect((await read(file("long.csv", `text\n${line}\n`))).texts).toEqual([line]);
  });
});

describe("bad files are refused in one sentence", () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13);
  const latin1 = Buffer.concat([
    Buffer.from("ID,Joke\n1,fine caf\u00e9\n2,bad caf"),
    Buffer.from([0xe9]),
    Buffer.from("\n"),
  ]);
  const bad: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
    ["empty.csv", "", /empty.csv is empty; give a file/],
    ["blank.csv", "\n\n", /blank.csv has no texts; give a file/],
    ["header.csv", "ID,Joke\n", /has no texts/],
    ["empty.json", "[]", /has no texts/],
    ["numbers.csv", "a,b\n1,2\n3,4\n", /no column of texts; its columns are "a", "b"/],
    ["numbers.jsonl", '{"a":1}\n', /no column of texts; its columns are "a"/],
    ["open.csv", 'ID,Joke\n1,fine\n2,"never closed\n3,x\n', /open.csv, line 3: a quote opens a cell/],
    ["junk.csv", 'ID,Joke\n1,"a" b\n', /line 2: a quote opens a cell/],
    ["inner.csv", 'ID,Joke\n1,5" pipe\n', /line 2: a double quote inside a cell that is not quoted/],
    ["open.tsv", 'ID\tJoke\n1\t"never closed\n3\tx\n', /line 2: a quote opens/],
    ["cells.csv", "ID,Joke\n1,a\n2,b,c\n", /line 3: 3 cells where the first row has 2; put a text/],
    ["broken.json", '[\n"a",\n"b\n]', /broken.json, line 3: not valid JSON/],
    ["object.json", '{"a": 1}', /no list/],
    ["broken.jsonl", '{"text":"a"}\n{"text":\n', /broken.jsonl, line 2: not valid JSON/],
    ["deep.jsonl", '{"text":"a"}\n{"text":["b"]}\n', /line 2: field "text" is a list; expected a string/],
    ["latin1.csv", latin1, /latin1.csv, line 3: byte 30 \(0xe9\) is not UTF-8/],
    ["marked.txt", Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0x0a, 0xff), /line 2: byte 5 \(0xff\)/],
    ["cut.txt", Uint8Array.of(0x61, 0x0a, 0xf0, 0x9f), /cut.txt, line 2: byte 2 \(0xf0\) is not UTF-8/],
    ["image.txt", png, /image.txt is not a text file \(byte 8 is zero\)/],
    ["not.parquet", "this is not a parquet file at all", /cannot be read as Parquet/],
    [
      "zeros.parquet",
      `PAR1${"\0".repeat(100)}PAR1`,
      /as Parquet \(its description of itself is damaged\); check/,
    ],
    ["short.parquet", "PAR1", /as Parquet \(its description of itself is damaged\); check/],
    [
      "cut.csv.gz",
      gzipSync("ID,Joke\n1,abcdefghijklmnopqrstuvwxyz\n").subarray(0, 30),
      /not whole gzip data/,
    ],
    [
      "two.zip",
      zipSync({ "a.csv": strToU8("a"), "b.txt": strToU8("b") }),
      /2 files \(a.csv, b.txt\); unpack it/,
    ],
    ["none.zip", zipSync({ "a.png": strToU8("a") }), /without a file of texts/],
    ["a.zip", Uint8Array.of(0x50, 0x4b, 3, 4, 0), /not a whole zip archive/],
    ["a.doc", "text", /ends in none of .csv/],
  ];

  it.each(bad)("%s", async (name, content, message) => {
    await expect(read(file(name, content))).rejects.toThrow(message);
  });

  it("a folder, a missing file, a slip", async () => {
    const inner = join(folder, "inner");
    mkdirSync(inner);
    await expect(read(inner)).rejects.toThrow(/inner is a folder; give a file in it\./);
    writeFileSync(join(inner, "jokes.csv"), "text\na\n");
    await expect(read(inner)).rejects.toThrow(/a folder; give a file in it, such as jokes.csv/);
    await expect(read(join(folder, "no.csv"))).rejects.toThrow(/no.csv does not exist/);
    await expect(read("one-linrs")).rejects.toThrow(/did you mean "one-liners"/);
  });

  it("options that a source cannot honour", async () => {
    await expect(read("one-liners", { column: "body" })).rejects.toThrow(/has no columns/);
    await expect(read(file("b.txt", "x"), { column: "body" })).rejects.toThrow(/no columns/);
    await expect(read(file("c.txt", "x"), { fileFormat: "cvs" })).rejects.toThrow(/did you mean "csv"/);
    expect((await read(file("d.dat", "x"), { fileFormat: "txt" })).texts).toEqual(["x"]);
  });
});

describe("one-liners", () => {
  const bodiesWith = (tags: ReadonlySet<string>) =>
    new Set(jokes.filter((joke) => joke.tags.some((tag) => tags.has(tag))).map(({ body }) => body));
  /** Some jokes are there twice, with other tags. */
  const keptOf = (texts: readonly string[], tags: ReadonlySet<string>) => {
    const without = new Set(
      jokes.filter((joke) => !joke.tags.some((tag) => tags.has(tag))).map(({ body }) => body),
    );
    return texts.filter((text) => bodiesWith(tags).has(text) && !without.has(text));
  };

  it("leaves out jokes that are not fit for a classroom, counts them and says so", async () => {
    const { texts: kept, dropped } = await read("one-liners");
    const { attack_on_a_group: attacks, not_for_a_classroom: crude } = dropped;
    expect(kept.length + attacks!.length + crude!.length).toBe(jokes.length);
    // docs/data.md has these figures.
    expect([jokes.length - kept.length, attacks!.length]).toEqual([880, 234]);
    expect(keptOf(kept, attackTags)).toEqual([]);
    expect(keptOf(kept, crudeTags)).toEqual([]);
    expect(
      kept.filter((text) => /\b(sex|fuck\w*|f\*+k|shit|penis|nigg\w+|bitch|rape)\b/i.test(text)),
    ).toEqual([]);
    const { reading } = await openSource("one-liners", {}, sourceKinds);
    expect(reading?.notes.join()).toContain(`${attacks!.length + crude!.length} of 2,633 jokes are not fit`);
  });

  it("keeps all of them where asked to", async () => {
    for (const options of [{ allJokes: true }, { includeAttacks: true }]) {
      const { texts: all, dropped } = await read("one-liners", options);
      expect(all).toHaveLength(jokes.length);
      expect(dropped).toEqual({});
    }
  });

  it("keeps all but attacks on groups for the option of older programs", async () => {
    const { texts, dropped } = await read("one-liners", { includeAttacks: false });
    expect(Object.keys(dropped)).toEqual(["attack_on_a_group"]);
    expect(texts.length + dropped.attack_on_a_group!.length).toBe(jokes.length);
    expect(keptOf(texts, attackTags)).toEqual([]);
  });

  it("judges words, not parts of words", async () => {
    const judge = await jokeJudge();
    const mild = [
      "A man from Scunthorpe moved to Essex, and then to Middlesex.",
      "The assistant manager of the class passed the therapist a grape and a cocktail.",
      "Mr Dickens hit the shuttlecock; the peacock was an assassin.",
      "Custard, mustard and a leotard walk into a library in Virginia.",
      "A low-fat cheese is Santa's idea: ho ho ho.",
      "Too many birthdays can kill you.",
      "Why did the title of the document change? It was under analysis.",
    ];
    for (const text of mild) expect(judge(text, ["life"]), text).toBeUndefined();
    const crude = [
      "Holy sh1t, that was close.",
      "What the F**k?",
      "A nun and a stripper walk into a bar.",
      "He sells cocaine.",
      "Nobody here is as fat as you, or fatter.",
      "He told a joke about deaf people.",
      "You can't look as good as a British idiot.",
      "What did the neighbour do? Shoot him again.",
    ];
    for (const text of crude) expect(judge(text, ["life"]), text).toBe("not_for_a_classroom");
    expect(judge("Are you a keyboard? You are my type.", ["IT", "flirty"])).toBe("not_for_a_classroom");
    expect(judge("A joke about some people.", ["rude", "women"])).toBe("attack_on_a_group");
  });
});

describe("cities", () => {
  it("are names, each once, in letters that every vocabulary has", async () => {
    const { texts, dropped } = await read("cities");
    expect(dropped).toEqual({});
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts.length).toBeGreaterThan(2000);
    for (const name of texts) expect(name).toMatch(/^[A-Z][A-Za-z]*( [A-Za-z]+)*$/);
    expect(texts).toEqual(expect.arrayContaining(["Reykjavik", "Ouagadougou", "Rio de Janeiro", "Kyoto"]));
  });

  it("have no columns and no format", async () => {
    await expect(read("cities", { column: "name" })).rejects.toThrow(/cities has no columns/);
    await expect(read("cities", { promptColumn: "country" })).rejects.toThrow(/cities has no columns/);
    await expect(read("cities", { header: true })).rejects.toThrow(/built in/);
    await expect(read("citys")).rejects.toThrow(/did you mean "cities"/);
  });
});

describe("hub data sets", () => {
  it("are refused without a downloader", async () => {
    await expect(read("hf:owner/jokes")).rejects.toThrow(/no downloader is at hand/);
  });
});

describe("moby-dick", () => {
  it("is said to be gone, with what to use, also with options of files", async () => {
    const gone =
      /moby-dick.*no longer built in; give a text of your own, or one-liners.*punchline-gpt2\. .*`data: "FILE"`\.$/;
    await expect(read("moby-dick")).rejects.toThrow(gone);
    await expect(read("moby-dick", { column: "text" })).rejects.toThrow(gone);
    await expect(read("moby-dik")).rejects.toThrow(/^moby-dik is neither a file nor a built-in source/);
  });
});
