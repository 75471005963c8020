/** What a run is judged on, goes on with and is prompted with went through the rules of its own texts. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareData } from "../src/data/prepare-sources.ts";
import { openLocal } from "../src/generate/open.ts";
import { serve } from "../src/server/serve.ts";
import { prepareLike } from "../src/train/run-data.ts";
import { runHere as run } from "./cli-here.ts";

const folder = mkdtempSync(join(tmpdir(), "punchline-alike-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const file = at("jokes.jsonl");

const words =
  "why did the old hen cross “the road” to see Über its café other side naïve and then it’s home".split(" ");
const texts = Array.from({ length: 160 }, (_, k) =>
  [0, 1]
    .map((line) =>
      Array.from(
        { length: 7 },
        (_, i) => words[(Math.imul(7 * k + 3 * line + 1, 2654435761 + 40503 * i * i) >>> 9) % words.length],
      ).join(" "),
    )
    .join("\n"),
);

const tiny = "--steps 4 --width 8 --batch-size 4 --seq-len 16 --sample-every 0 --validation-tokens 200".split(
  " ",
);
const gpt2 = "--model gpt2 --layers 1 --heads 2 --context 32".split(" ");
const runs: Readonly<Record<string, readonly string[]>> = {
  ascii: [],
  unicode: ["--keep-unicode"],
  loose: ["--near", "off", "--no-typography", "--keep-unicode"],
  poems: ["--end", "|", "--validation", "0.2"],
  words: ["--model", "word-lstm", "--min-length", "60"],
  gpt2: gpt2,
  breaks: [...gpt2, "--no-cleaning"],
  raw: ["--raw", "--test", "0.1"],
};

beforeAll(async () => {
  writeFileSync(file, texts.map((text) => `${JSON.stringify({ text })}\n`).join(""));
  writeFileSync(at("book.txt"), texts.join("\n"));
  for (const [name, options] of Object.entries(runs)) {
    const data = name === "raw" ? at("book.txt") : file;
    const ran = await run("train", "--data", data, "--out", at(name), "--json", ...tiny, ...options);
    expect(ran.status, ran.stderr).toBe(0);
  }
});

const document = async (...words: readonly string[]) => {
  const ran = await run(...words, "--json");
  expect(ran.status, ran.stderr).toBe(0);
  return { ...JSON.parse(ran.stdout), said: ran.stderr };
};

describe("data for a run", () => {
  it.each(Object.keys(runs))("of %s is judged as its own where it is the same file", async (name) => {
    const own = await document("eval", at(name));
    const { said, ...same } = await document(
      "eval",
      at(name),
      "--data",
      name === "raw" ? at("book.txt") : file,
    );
    const { said: _, ...expected } = own;
    expect(same).toEqual(expected);
    const options = { ascii: null, gpt2: null, breaks: "--no-cleaning", loose: "--no-near", raw: "--raw" };
    const told = /--data is prepared as the texts of .* were: (.*)\./.exec(said)?.[1];
    if (name in options)
      expect(told ?? null).toEqual(
        options[name as keyof typeof options] === null
          ? null
          : expect.stringContaining(options[name as keyof typeof options]!),
      );
  });

  it("is prepared otherwise where that is asked", async () => {
    const own = await document("eval", at("gpt2"), "--data", file);
    const ascii = await document("eval", at("gpt2"), "--data", file, "--no-keep-unicode");
    expect(ascii.bytes).toBe(ascii.characters);
    expect(own.bytes).toBeGreaterThan(own.characters);
  });

  it("is looked up by novelty and sample --novel in the form that the run learned", async () => {
    const audit = await document("novelty", at("unicode"), "--data", file, "-n", "2", "--asked", "0");
    const own = await document("novelty", at("unicode"), "-n", "2", "--asked", "0");
    expect(audit.samples).toEqual(own.samples);
    expect(audit.indexed).toBe(own.indexed);
    const novel = await document("sample", at("unicode"), "--novel", "--data", file);
    expect(novel.said).toContain("--data is prepared as the texts of");
  });

  it("goes into a fine-tuning, and into that run's record", async () => {
    await document(
      "finetune",
      at("loose"),
      "--data",
      file,
      "--out",
      at("tuned"),
      "--steps",
      "2",
      "--seq-len",
      "16",
    );
    const [base, tuned] = ["loose", "tuned"].map((name) =>
      JSON.parse(readFileSync(join(at(name), "run.json"), "utf8")),
    );
    expect(tuned.fingerprint).toBe(base.fingerprint);
    expect(tuned.cleaning).toEqual(base.cleaning);
    const again = await document("eval", at("tuned"));
    expect(again.characters).toBe((await document("eval", at("loose"))).characters);
  });

  it("of a file with other columns is prepared by the rest of the options", async () => {
    const other = at("other.csv");
    writeFileSync(other, `Joke\n${texts.map((text) => `"${text.replace("\n", " ")}"\n`).join("")}`);
    const named = ["--column", "text", "--keep-unicode"];
    await document("train", "--data", file, "--out", at("column"), ...tiny, ...named);
    const { bytes, characters } = await document("eval", at("column"), "--data", other);
    expect(bytes).toBeGreaterThan(characters);
    const wrong = await run("eval", at("column"), "--data", other, "--column", "nowhere");
    expect(wrong.errors).toEqual([expect.stringContaining('no column "nowhere"')]);
  });

  it("that would lose most of its letters is refused", async () => {
    const cyrillic = at("cyrillic.txt");
    writeFileSync(cyrillic, ["дом у реки", "кошка спит", "снег идёт", "хлеб и соль"].join("\n"));
    for (const command of [
      ["eval", at("ascii")],
      ["train", "--out", at("none")],
    ]) {
      const ran = await run(...command, "--data", cyrillic);
      expect(ran).toMatchObject({
        status: 1,
        errors: [expect.stringMatching(/most of its letters.*--keep-unicode/)],
      });
    }
  });

  it("is prepared by the library as by the commands", async () => {
    for (const name of ["ascii", "unicode", "loose", "poems", "words", "gpt2", "breaks"]) {
      const { fingerprint } = JSON.parse(readFileSync(join(at(name), "run.json"), "utf8"));
      expect((await prepareLike(at(name))).fingerprint, name).toBe(fingerprint);
      expect((await prepareLike(at(name), file)).fingerprint, name).toBe(fingerprint);
    }
    const ascii = await prepareLike(at("gpt2"), file, { cleaning: { keepUnicode: false } });
    expect(ascii).toMatchObject({ fingerprint: (await prepareData(file)).fingerprint });
  });
});

describe("a run of 0.1.0, which has its options alone", () => {
  beforeAll(async () => {
    await document("train", "--data", file, "--out", at("earlier"), ...tiny, ...gpt2, "--no-keep-unicode");
    const record = JSON.parse(readFileSync(join(at("earlier"), "run.json"), "utf8"));
    const { cleaning: _, data: __, ...rest } = record;
    writeFileSync(join(at("earlier"), "run.json"), JSON.stringify({ ...rest, data: {} }));
    const generation = JSON.parse(readFileSync(join(at("earlier"), "generation_config.json"), "utf8"));
    const { text_cleaning: ___, ...plain } = generation;
    writeFileSync(join(at("earlier"), "generation_config.json"), JSON.stringify(plain));
  });

  it("is resumed, judged and prompted by what it did", async () => {
    cpSync(at("earlier"), at("resumed"), { recursive: true });
    expect(await document("train", "--resume", "--out", at("resumed"), "--steps", "6")).toMatchObject({
      steps: 6,
    });
    const own = await document("eval", at("earlier"));
    const given = await document("eval", at("earlier"), "--data", file);
    expect([given.loss, given.characters]).toEqual([own.loss, own.characters]);
    expect(own.bytes).toBe(own.characters);
    const { samples } = await document("sample", at("earlier"), "--prompt", "It’s Über", "--max-length", "2");
    expect(samples[0].prompt).toBe("It's Uber");
  });
});

describe("a prompt", () => {
  const prompt = "It’s Über “café”";
  const plain = `It's Uber "cafe"`;

  it("is read as the run's texts were cleaned, and that is said once", async () => {
    for (const name of ["ascii", "words"]) {
      const typed = await document("sample", at(name), "--prompt", plain, "-n", "3");
      const { said, samples } = await document("sample", at(name), "--prompt", prompt, "-n", "3");
      expect(samples).toEqual(typed.samples);
      expect(said.match(/The prompt is read as/g)).toHaveLength(1);
      expect(typed.said).not.toContain("is read as");
      const suggested = await document("suggest", at(name), prompt);
      expect(suggested.suggestions).toEqual((await document("suggest", at(name), plain)).suggestions);
      expect(suggested.said).toContain("is read as");
    }
    const kept = await document("sample", at("gpt2"), "--prompt", prompt, "--max-length", "2");
    expect(kept.samples[0].prompt).toBe(prompt);
    expect(kept.said).not.toContain("is read as");
  });

  it("is quoted in part where it is long, and what a vocabulary of words lacks of it is named", async () => {
    const long = await document(
      "sample",
      at("ascii"),
      "--prompt",
      "It’s so. ".repeat(100),
      "--max-length",
      "1",
    );
    expect(long.said.match(/The prompt is read as "It's so\..*…"/)![0].length).toBeLessThan(400);
    const words = await document("sample", at("words"), "--prompt", "the zxqzz", "--max-length", "1");
    expect(words.said).toMatch(
      /The vocabulary cannot spell "zxqzz" of the prompt: the model sees <unk> there\./,
    );
    const known = await document("sample", at("gpt2"), "--prompt", "the zxqzz", "--max-length", "1");
    expect(known.said).not.toContain("cannot spell");
  });

  it("keeps the space at its end", async () => {
    const [open] = (await document("sample", at("ascii"), "--prompt", "why did ", "--temperature", "0"))
      .samples;
    expect(open.prompt).toBe("why did ");
  });

  it("is cleaned for beams, novelty, snapshots and compare as well", async () => {
    const beams = ["--beams", "2", "--max-length", "3"];
    const found = await document("sample", at("ascii"), "--prompt", prompt, ...beams);
    expect(found.samples).toEqual(
      (await document("sample", at("ascii"), "--prompt", plain, ...beams)).samples,
    );
    const audit = await document("novelty", at("ascii"), "-n", "2", "--asked", "0", "--prompt", prompt);
    for (const { text } of audit.samples) expect(text.startsWith(plain)).toBe(true);
    const { models } = await document(
      "compare",
      at("ascii"),
      at("gpt2"),
      "--text",
      `${prompt} is [MASK]`,
      "--runs",
      "1",
    );
    expect(models.map(({ text }: { text: string }) => text)).toEqual([`${plain} is`, `${prompt} is`]);
  });

  it("is an error where its letters cannot be spelled", async () => {
    for (const command of ["sample", "novelty"]) {
      const ran = await run(command, at("ascii"), "--prompt", "the дом");
      expect(ran).toMatchObject({
        status: 1,
        errors: [expect.stringMatching(/no character "д" \(U\+0434\)/)],
      });
    }
  });

  it("is read so by the server, which says it once", async () => {
    const told: string[] = [];
    const server = await serve(await openLocal(at("ascii")), {
      port: 0,
      notice: (sentence) => told.push(sentence),
    });
    const ask = async (path: string, body: object) => {
      const answer = await fetch(`${server.url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: server.id, seed: 3, max_tokens: 5, ...body }),
      });
      return answer.json() as Promise<{
        choices: { text: string; message: object; logprobs: object }[];
        usage: object;
      }>;
    };
    const echo = { echo: true, logprobs: 1 };
    const [given, typed] = [
      await ask("/completions", { prompt, ...echo }),
      await ask("/completions", { prompt: plain, ...echo }),
    ];
    expect(given.choices[0]!.text.startsWith(plain)).toBe(true);
    expect(given.choices).toEqual(typed.choices);
    expect(given.usage).toEqual(typed.usage);
    const chat = (content: string) => ask("/chat/completions", { messages: [{ role: "user", content }] });
    expect((await chat(prompt)).choices).toEqual((await chat(plain)).choices);
    expect(told).toEqual([expect.stringContaining(JSON.stringify(plain))]);
    await server.close();
  });
});
