/** Files as people have them: mixed line ends, other delimiters, other encodings, names that say something else. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { afterAll, describe, expect, it } from "vitest";
import { parquetBytes } from "../../../test/parquet-fixture.ts";
import { prepareRawText, readRawText, sourceKinds } from "../prepare-sources.ts";
import { openSource, type SourceOptions } from "./source.ts";

const folder = mkdtempSync(join(tmpdir(), "punchline-dialects-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function read(name: string, content: string | Uint8Array, options: SourceOptions = {}) {
  const source = await openSource(file(name, content), options, sourceKinds);
  const texts: string[] = [];
  const prompts: string[] = [];
  for await (const batch of source.batches()) {
    texts.push(...batch.texts);
    prompts.push(...(batch.prompts ?? []));
  }
  const { column, promptColumn, format, reading } = source;
  return { texts, prompts, column, promptColumn, format, ...reading };
}

const long = "How do you call this file of jokes, whose first row has so much to say about it?";

it("of two columns with one name the first is read, and a note says so", async () => {
  const { texts, notes } = await read("twice.csv", "joke,joke\na b,c d\ne f,g h\n");
  expect(texts).toEqual(["a b", "e f"]);
  expect(notes).toContain("Several columns are called joke, and the first of them is read.");
});

describe("line ends", () => {
  const rows = ["ID,Joke", "1,a b", '2,"c\r\nd"', "3,e", "4,f"];
  const ends = ["\r\n", "\n", "\r", "\n", "\r\n"];
  const mixed = rows.map((row, i) => row + ends[i]!).join("");

  it.each([
    ["CSV", "mixed.csv", mixed],
    ["TSV", "mixed.tsv", mixed.replaceAll(",", "\t")],
    ["CSV, carriage returns alone", "mac.csv", rows.join("\r")],
  ])("%s: a row ends with any of them, wherever", async (_, name, content) => {
    expect((await read(name, content)).texts).toEqual(["a b", "c\r\nd", "e", "f"]);
  });

  it("lines of text and JSON Lines, too", async () => {
    expect((await read("mixed.txt", "a\r\nb\nc\rd\r")).texts).toEqual(["a", "b", "c", "d"]);
    expect((await read("mixed.jsonl", '{"text":"a"}\r{"text":"b"}\r\n{"text":"c"}\n')).texts).toEqual([
      "a",
      "b",
      "c",
    ]);
  });

  it("a line end that two chunks share is one", async () => {
    // The chunks of a file have 262,144 bytes: the first ends between \r and \n.
    const first = "x".repeat(262_143);
    expect((await read("border.txt", `${first}\r\nb\r\n`)).texts).toEqual([first, "b"]);
    expect((await read("border.csv", `${first}\r\nb\r\n`, { header: false })).texts).toEqual([first, "b"]);
  });

  it("lines without anything between, before and after rows count for nothing", async () => {
    const content = "\r\n\nID,Joke\n\n1,a\n  \r\n2,b\n\n\n";
    expect((await read("blank.csv", content)).texts).toEqual(["a", "b"]);
  });
});

describe("delimiters", () => {
  it.each([
    ["semicolons", ";"],
    ["tabs", "\t"],
    ["bars", "|"],
    ["commas", ","],
  ])("%s, with all others in the texts", async (_, d) => {
    const cells = ["a; b", "c, d, e", "f | g", "h", 'i "j"'];
    const body = cells.map((cell, i) => `${i}${d}"${cell.replaceAll('"', '""')}"`).join("\n");
    const found = await read(`any-${d.charCodeAt(0)}.csv`, `ID${d}Joke\n${body}\n`);
    expect(found).toMatchObject({ texts: cells, delimiter: d, header: true });
    expect(found.notes?.length).toBe(d === "," ? 0 : 1);
  });

  it("a quoted name may hold another delimiter", async () => {
    expect(await read("named.csv", '"a, b";Joke\n1;x, y, z\n2;w\n')).toMatchObject({
      texts: ["x, y, z", "w"],
      delimiter: ";",
    });
  });

  it.each([";", ",", "|"])("sep=%s names it and is no row", async (d) => {
    const content = `sep=${d}\r\nID${d}Joke\r\n1${d}"a${d}b"\r\n2${d}c\r\n`;
    expect(await read("sep.csv", content)).toMatchObject({ texts: [`a${d}b`, "c"], delimiter: d });
  });

  it("one column may have commas in its texts", async () => {
    const jokes = ["Knock, knock.", "Well, well, well, a hole.", "None here", 'He said "hi", then left'];
    expect(await read("one.csv", `joke\n${jokes.join("\n")}\n`)).toMatchObject({
      texts: jokes,
      delimiter: "none",
      column: "joke",
    });
    const quoted = jokes.map((joke) => `"${joke.replaceAll('"', '""')}"`);
    expect((await read("quoted.csv", `joke\n${quoted.join("\n")}`)).texts).toEqual(jokes);
  });

  it("a row that is broken stays an error, and names what to do", async () => {
    await expect(read("cells.csv", "ID,Joke\n1,a\n2,b,c,d\n3,e,f\n4,g,h\n")).rejects.toThrow(
      /line 3: 4 cells where the first row has 2; .*`delimiter`/,
    );
    await expect(read("short.csv", "ID,Joke,Tag\n1,a,x\n2,b\n3,c,y\n")).rejects.toThrow(/line 3: 2 cells/);
  });

  it("an empty cell too many at the end of rows is no cell", async () => {
    expect((await read("trailing.csv", "ID,Joke\n1,a,\n2,b,\n3,c\n")).texts).toEqual(["a", "b", "c"]);
    expect((await read("all.csv", "ID,Joke,\n1,a,\n2,b,\n")).texts).toEqual(["a", "b"]);
  });

  it("can be named, and what is none is refused", async () => {
    expect((await read("given.csv", "Joke~n\na;b,c~1\n", { delimiter: "~" })).texts).toEqual(["a;b,c"]);
    expect((await read("none.csv", "text\na,b\nc,d\n", { delimiter: "none" })).texts).toEqual(["a,b", "c,d"]);
    await expect(read("two.csv", "a\n", { delimiter: "ab" })).rejects.toThrow(/cannot separate cells/);
    await expect(read("no.jsonl", '"a"\n', { delimiter: ";" })).rejects.toThrow(/no table of cells/);
  });
});

describe("the first row", () => {
  const header: readonly (readonly [string, string])[] = [
    ["a name of more than forty characters", `ID,"${long}"\n1,first text\n2,second text\n`],
    ["long names next to a known one", `Joke,"${long}"\nfirst text,x y\nsecond text,z\n`],
    [
      "a name above numbers",
      '"What did they say, and when did they say it?",n\nfirst text,1\nsecond text,2\n',
    ],
    ["one word above sentences", "Witz\nfirst text that goes on\nsecond text that goes on\n"],
    ["snake and camel case", "joke_text,jokeId\nfirst text,x\nsecond text,y\n"],
    ["row numbers of pandas", ",0\n0,first text\n1,second text\n"],
  ];
  it.each(header)("%s: names", async (name, content) => {
    const found = await read(`${name.replaceAll(" ", "-")}.csv`, content);
    expect(found.header).toBe(true);
    expect(found.texts).toHaveLength(2);
    expect(found.texts[0]).toMatch(/^first text/);
  });

  const none: readonly (readonly [string, string])[] = [
    ["a short text under a number", '1,first text\n2,"second, text"\n'],
    ["texts alone", "first text.\nsecond text, which is longer.\nthird\n"],
    ["words alone", "first\nsecond\nthird\n"],
    ["a text as short as any", "first text here\nsecond text\nthird text there\n"],
  ];
  it.each(none)("%s: a text, and none is lost", async (name, content) => {
    const found = await read(`${name.replaceAll(" ", "-")}.csv`, content);
    expect(found.header).toBe(false);
    expect(found.texts[0]).toMatch(/^first/);
    expect(found.texts).toHaveLength(content.trim().split("\n").length);
    expect(found.notes?.join(" ")).toMatch(/`header: true`/);
  });

  it("can be said either way", async () => {
    expect((await read("yes.csv", "first\nsecond\n", { header: true })).texts).toEqual(["second"]);
    expect((await read("no.csv", "text\nsecond\n", { header: false })).texts).toEqual(["text", "second"]);
    const numbered = await read("column.csv", "one,two\nthree,four\n", { header: false, column: "2" });
    expect(numbered.texts).toEqual(["two", "four"]);
  });
});

describe("names that say something else", () => {
  const lines = '{"text": "a"}\n{"text": "b"}\n';
  it("JSON Lines in .json and .txt, a list in .jsonl, tables in .txt and .tsv", async () => {
    const said = async (name: string, content: string, format: string) => {
      const found = await read(name, content);
      expect(found).toMatchObject({ texts: ["a", "b"], format });
      expect(found.notes?.join(" ")).toMatch(/in spite of its name|separated by/);
    };
    await said("lines.json", lines, "json");
    await said("lines.txt", lines, "jsonl");
    await said("list.jsonl", '[{"text": "a"},\n {"text": "b"}]\n', "jsonl");
    await said("line.jsonl", '["a", "b"]\n', "jsonl");
    await said("record.jsonl", '{\n"data": ["a", "b"]\n}\n', "jsonl");
    await said("table.txt", "ID,Joke\n1,a\n2,b\n", "csv");
    await said("commas.tsv", "ID,Joke\n1,a\n2,b\n", "tsv");
  });

  it("a poem with commas in every line is no table", async () => {
    const poem = ["Roses are red, dear,", "violets are blue, dear,"];
    expect(await read("poem.txt", poem.join("\n"))).toMatchObject({ texts: poem, format: "txt", notes: [] });
    expect((await read("asked.txt", "ID,Joke\n1,a\n", { fileFormat: "txt" })).texts).toEqual([
      "ID,Joke",
      "1,a",
    ]);
  });

  it("an error in the first line of .json and .jsonl names that line", async () => {
    await expect(read("bad.jsonl", '{"text": "a}\n{"text": "b"}\n')).rejects.toThrow(
      /line 1: not valid JSON/,
    );
    await expect(read("bad.json", '{"text": "a"}\n{"text": b}\n')).rejects.toThrow(/line 2: not valid JSON/);
  });
});

describe("encodings", () => {
  const content = "ID,Joke\n1,\u201cCaf\u00e9\u201d \u20ac5 \u2013 na\u00efve\n2,\u00dcber\n";
  const texts = ["\u201cCaf\u00e9\u201d \u20ac5 \u2013 na\u00efve", "\u00dcber"];
  const little = Buffer.from(`\ufeff${content}`, "utf16le");
  const big = Buffer.from(little).swap16();
  const marks: readonly (readonly [string, Buffer])[] = [
    ["utf-16le", little],
    ["utf-16be", big],
    ["utf-8", Buffer.from(`\ufeff${content}`)],
  ];
  // "“Café” €5 – naïve" by the table of the code page.
  const windows = Buffer.from(
    content.replace(/[\u2013-\u20ac]/g, (c) =>
      String.fromCharCode({ "\u201c": 0x93, "\u201d": 0x94, "\u20ac": 0x80, "\u2013": 0x96 }[c]!),
    ),
    "latin1",
  );

  it.each(marks)("%s by its mark, packed or not, as a table, lines and raw text", async (encoding, bytes) => {
    expect(await read("marked.csv", bytes)).toMatchObject({ texts, encoding });
    expect((await read("marked.csv.gz", gzipSync(bytes))).texts).toEqual(texts);
    expect((await read("marked.zip", zipSync({ "a.csv": bytes }))).texts).toEqual(texts);
    expect((await read("marked.txt", bytes, { fileFormat: "txt" })).texts).toEqual(
      content.trim().split("\n"),
    );
    expect(await readRawText(file("raw.txt", bytes))).toBe(content);
  });

  it("Windows-1252 and others when they are named; a mark says it better", async () => {
    expect(await read("w.csv", windows, { encoding: "windows-1252" })).toMatchObject({
      texts,
      encoding: "windows-1252",
    });
    expect((await read("w1.csv", windows, { encoding: "latin1" })).texts).toEqual(texts);
    expect((await read("u.csv", little.subarray(2), { encoding: "UTF-16LE" })).texts).toEqual(texts);
    const koi = Buffer.concat([Buffer.from("text\n"), Buffer.from([0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4])]);
    expect((await read("k.csv", koi, { encoding: "koi8-r" })).texts).toEqual([
      "\u041f\u0440\u0438\u0432\u0435\u0442",
    ]);
    expect((await read("m.csv", little, { encoding: "windows-1252" })).texts).toEqual(texts);
    const raw = await prepareRawText(file("raw.txt", windows), { encoding: "windows-1252" });
    expect(raw.splits.train[0]).toContain("\u201cCaf\u00e9\u201d");
  });

  it("what is not UTF-8 names line, byte and the option", async () => {
    await expect(read("bad.csv", windows)).rejects.toThrow(
      /bad.csv, line 2: byte 10 \(0x93\) is not UTF-8; .*`encoding: "windows-1252"`/,
    );
    const late = Buffer.concat([Buffer.from("a\r\n".repeat(200_000)), Buffer.from([0xe9, 0x0a])]);
    await expect(read("late.txt", late)).rejects.toThrow(/line 200001: byte 600000 \(0xe9\) is not UTF-8/);
    await expect(read("late.csv", late, { header: false })).rejects.toThrow(/line 200001: byte 600000/);
  });

  it("UTF-16 without a mark is recognised in the refusal; other faults are errors", async () => {
    await expect(read("u.txt", little.subarray(2))).rejects.toThrow(/UTF-16: give `encoding: "utf-16le"`/);
    await expect(read("b.txt", big.subarray(2))).rejects.toThrow(/`encoding: "utf-16be"`/);
    await expect(read("z.csv", "ID,Joke\n1,a\0b\n")).rejects.toThrow(/byte 11 is zero.*line 2/);
    await expect(read("s.txt", Buffer.from([0x61, 0x81]), { encoding: "shift_jis" })).rejects.toThrow(
      /not SHIFT_JIS/,
    );
    await expect(read("odd.txt", little.subarray(0, -1))).rejects.toThrow(/not UTF-16LE/);
    await expect(read("e.txt", "a", { encoding: "utf-9" })).rejects.toThrow(/no encoding "utf-9"; known are/);
    await expect(read("e.parquet", "a", { encoding: "latin1" })).rejects.toThrow(/leave out the encoding/);
    await expect(openSource("one-liners", { encoding: "latin1" }, sourceKinds)).rejects.toThrow(/built in/);
  });
});

describe("well-known pairs", () => {
  const pairs = [
    ["prompt", "completion"],
    ["question", "answer"],
    ["Question", "Answer"],
    ["instruction", "output"],
    ["setup", "punchline"],
  ] as const;
  const asked = ["Why did the hen cross the road, and when did she do it?", "What is brown and sticky?"];
  const answers = ["To see.", "A stick."];
  const formats = (prompt: string, text: string): readonly (readonly [string, string | Uint8Array])[] => {
    const records = asked.map((q, i) => ({ id: `${i}`, [prompt]: q, [text]: answers[i]! }));
    const cells = asked.map((q, i) => `${i},"${q}","${answers[i]}"`);
    return [
      ["pair.csv", `id,${prompt},${text}\n${cells.join("\n")}\n`],
      ["pair.json", JSON.stringify(records)],
      ["pair.jsonl", records.map((record) => JSON.stringify(record)).join("\n")],
      ["pair.parquet", parquetBytes({ id: ["0", "1"], [prompt]: asked, [text]: answers })],
    ];
  };
  it.each(pairs)("%s and %s, in every format; `column` overrides", async (prompt, text) => {
    for (const [name, content] of formats(prompt, text)) {
      const found = await read(name, content);
      expect(found).toMatchObject({ texts: answers, prompts: asked, column: text, promptColumn: prompt });
      expect(found.notes?.join(" ")).toContain(`${prompt} is read as prompts and ${text} is learned`);
      expect(await read(name, content, { column: prompt })).toMatchObject({ texts: asked, prompts: [] });
      expect(await read(name, content, { column: text, promptColumn: "id" })).toMatchObject({
        texts: answers,
        prompts: ["0", "1"],
      });
    }
  });

  it("an input belongs to its instruction where it is not empty", async () => {
    const records = [
      { instruction: "Translate.", input: "Hund", output: "dog" },
      { instruction: "Say hello.", input: "", output: "Hello." },
    ];
    const found = await read("alpaca.json", JSON.stringify(records));
    expect(found).toMatchObject({ texts: ["dog", "Hello."], prompts: ["Translate.\nHund", "Say hello."] });
    expect(found.notes?.join(" ")).toContain("instruction and input are read as prompts");
  });

  const conversation = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hello?" },
    { role: "assistant", content: "Hi." },
    { role: "user", content: [{ type: "text", text: "A joke!" }] },
    { role: "assistant", content: "Knock, knock." },
  ];
  const shared = conversation.map(({ role, content }) => ({
    from: role === "assistant" ? "gpt" : "human",
    value: content,
  }));
  it.each([
    ["chat.jsonl", `${JSON.stringify({ messages: conversation })}\n`],
    ["chat.json", JSON.stringify([{ id: 1, messages: conversation }])],
    ["single.json", JSON.stringify({ messages: conversation })],
    ["shared.json", JSON.stringify([{ conversations: shared }])],
    ["chat.csv", `id,messages\n1,"${JSON.stringify(conversation).replaceAll('"', '""')}"\n`],
    [
      "chat.parquet",
      parquetBytes({ messages: [JSON.stringify(conversation), JSON.stringify(conversation)] }),
    ],
  ])("%s: the last answer of a conversation is learned", async (name, content) => {
    const found = await read(name, content);
    expect(found.texts[0]).toBe("Knock, knock.");
    expect(found.prompts[0]).toBe("Be brief.\nHello?\nHi.\nA joke!");
    expect(found.notes?.join(" ")).toContain("conversations");
  });
});
