/** A prompt and what a model writes behind it are one text: the decoding of all their ids, wherever it is written. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { localModel } from "../src/evaluate/local-model.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import { tokenPieces } from "../src/generate/log-probabilities.ts";
import { openLocal } from "../src/generate/open.ts";
import { type Sample, sample } from "../src/generate/sample.ts";
import { suggest } from "../src/generate/suggest.ts";
import { serve } from "../src/server/serve.ts";
import { wordTokenizerOf } from "../src/text/words.ts";
import { temporaryFolder } from "./cli.ts";
import { runHere } from "./cli-here.ts";
import { modelFolder } from "./export-fixture.ts";
import { metaspaceTokenizer } from "./metaspace.ts";
import { randomModel } from "./random-model.ts";

const WORDS = ["why", "did", "the", "hen", "cross", "tell", "road", "side"];
const MARKED = 'why, "did" the hen\'s road: tell? (cross) side!';

const models: readonly (readonly [name: string, lm: LanguageModel])[] = [
  ["char-lstm", randomModel("char-lstm", { sizes: { width: 16, layers: 1, embedding: 8 } })],
  [
    "word-lstm",
    randomModel("word-lstm", {
      sizes: { width: 16, layers: 1, tied: false },
      tokenizer: wordTokenizerOf([MARKED, WORDS.join(" ")], { minCount: 1 }),
    }),
  ],
  [
    "gpt2 with Llama's vocabulary",
    randomModel("gpt2", {
      sizes: { width: 16, layers: 1, heads: 2, context: 64 },
      tokenizer: metaspaceTokenizer(WORDS),
      gain: 6,
    }),
  ],
];

/** The prompt and what was written, as the vocabulary decodes all their ids. */
function wholeOf({ tokenizer, stopAtEos }: LanguageModel, { prompt, ids }: Sample): string {
  const written = stopAtEos && ids.at(-1) === tokenizer.endOfText ? ids.slice(0, -1) : ids;
  return tokenizer.decode([...tokenizer.encode(prompt), ...written]);
}

describe.each(models)("%s", (_, lm) => {
  const prompt = "why did";
  const written = () => sample(lm, { prompt, n: 12, seed: 3, maxLength: 12 });

  it("goes on from the prompt, drawn, searched and streamed", async () => {
    const pieces = new Array<string>(12).fill("");
    const streamed = await sample(lm, {
      ...{ prompt, n: 12, seed: 3, maxLength: 12 },
      onText: (k, text) => {
        pieces[k] += text;
      },
    });
    for (const [k, one] of streamed.entries()) {
      expect(prompt + one.text).toBe(wholeOf(lm, one));
      expect(pieces[k]).toBe(one.text);
      expect(tokenPieces(lm.tokenizer, one.ids, prompt).join("").startsWith(one.text)).toBe(true);
    }
    expect(await written()).toEqual(streamed);
    for (const one of await sample(lm, { prompt, n: 3, beams: 4, maxLength: 6 }))
      expect(prompt + one.text).toBe(wholeOf(lm, one));
    for (const one of await sample(lm, { n: 4, seed: 1, maxLength: 6 }))
      expect(one.text).toBe(wholeOf(lm, one));
  });

  it("stops at a text as it stands behind the prompt", async () => {
    const [{ text } = { text: "" }] = (await written()).filter((one) => one.text.length > 4);
    const stop = text.slice(2, 4);
    for (const how of [
      { seed: 3, n: 12 },
      { beams: 4, n: 4 },
    ]) {
      for (const one of await sample(lm, { prompt, ...how, maxLength: 12, stop: [stop] })) {
        expect(one.text).not.toContain(stop);
        const whole = wholeOf(lm, one);
        expect(whole.startsWith(prompt + one.text)).toBe(true);
        if (one.finish === "stop")
          expect(whole.slice((prompt + one.text).length).startsWith(stop)).toBe(true);
      }
    }
  });

  it("completes and suggests what comes behind a text, with its space", async () => {
    const [one] = await sample(lm, { prompt, temperature: 0, maxLength: 5 });
    const local = localModel(lm);
    const [completed] = await local.complete([
      { head: prompt, rest: one!.text, restTokens: one!.ids.length },
    ]);
    await local.release();
    expect(completed).toBe(one!.text);
    // What may follow "why ", as it stands in the whole.
    const { tokenizer } = lm;
    const typed = tokenizer.kind === "character" ? "why " : "why";
    const every = Array.from({ length: tokenizer.size }, (_, id) =>
      tokenizer.decode([...tokenizer.encode(typed), id]).slice("why ".length),
    );
    const { next, words } = await suggest(lm, "why ", { n: 8, kinds: ["next", "words"] });
    expect(next.length).toBeGreaterThan(1);
    for (const { text } of next) expect(every).toContain(text);
    for (const { text } of words) {
      expect(tokenizer.decode(tokenizer.encode(`why ${text}`))).toBe(`why ${text}`);
      expect(text).not.toMatch(/^ /);
    }
    if (tokenizer.kind === "character") return;
    const after = await suggest(lm, prompt, { n: 8, kinds: ["words"] });
    expect(after.words.some(({ text }) => WORDS.includes(text.slice(1)) && text.startsWith(" "))).toBe(true);
  });
});

describe("the command and the server", () => {
  it("give prompt and text that are one whole", async () => {
    const folder = await modelFolder("word-lstm", { width: 16, layers: 1 });
    const file = join(temporaryFolder(), "data.txt");
    const line = (k: number) => Array.from({ length: 6 }, (_, i) => WORDS[(k * (i + 2) + i) % 5]).join(" ");
    writeFileSync(file, Array.from({ length: 80 }, (_, k) => `${line(k)} ${k}`).join("\n"));
    const prompt = "why did";
    const model = await openLocal(folder);
    const how = ["--prompt", prompt, "-n", "3", "--max-length", "6", "--seed", "5", "--json"];
    const { samples } = JSON.parse((await runHere("sample", folder, ...how)).stdout);
    const same = await model.sample({ prompt, n: 3, maxLength: 6, seed: 5 });
    expect(samples.map((one: Sample) => one.prompt + one.text)).toEqual(
      same.map((one) => wholeOf(model, one)),
    );
    const wholes = same.map((one) => wholeOf(model, one));
    // Where a text has several lines, a rule says where the next one begins.
    const between = wholes.some((text) => text.includes("\n")) ? `\n${"─".repeat(20)}\n` : "\n";
    expect((await runHere("sample", folder, ...how.slice(0, -1))).stdout).toBe(`${wholes.join(between)}\n`);
    const novel = JSON.parse((await runHere("sample", folder, ...how, "--novel", "--data", file)).stdout);
    for (const one of novel.samples) expect(one.prompt + one.text).toMatch(/^why did[ \n]/);

    const audited = ["--data", file, "--asked", "0", "--temperature", "1"];
    const audit = JSON.parse((await runHere("novelty", folder, ...how, ...audited)).stdout);
    expect(audit.samples.map(({ text }: { text: string }) => text.trim())).toEqual(
      same.map((one) => wholeOf(model, one).trim()),
    );

    const server = await serve(await openLocal(folder), { port: 0 });
    const ask = async (more: object): Promise<string> => {
      const body = { model: server.id, prompt, seed: 5, max_tokens: 6, ...more };
      const headers = { "content-type": "application/json" };
      return (
        await fetch(`${server.url}/completions`, { method: "POST", headers, body: JSON.stringify(body) })
      ).text();
    };
    const plain = JSON.parse(await ask({ logprobs: 0, echo: true })).choices[0];
    expect(plain.text).toBe(wholeOf(model, same[0]!));
    expect(plain.logprobs.tokens.join("")).toBe(plain.text);
    const chunks = (await ask({ stream: true })).split("\n\n").filter((chunk) => chunk.startsWith("data: {"));
    const streamed = chunks.map((chunk) => JSON.parse(chunk.slice(6)).choices[0].text).join("");
    expect(prompt + streamed).toBe(plain.text);
    await server.close();
    await model.release();
  });
});
