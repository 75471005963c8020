/** Conversations: what the model reads turn by turn, and `punchline chat` as people and programs use it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createChat } from "../src/generate/chat.ts";
import { createDecoder } from "../src/generate/decoders/create.ts";
import { loadModel } from "../src/generate/load.ts";
import type { LocalModel } from "../src/generate/local-model.ts";
import { runSource } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import { modelFolder } from "./export-fixture.ts";

const template =
  "{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token }}{% endfor %}" +
  "{% if add_generation_prompt %}assistant:{% endif %}";
const END = "<|endoftext|>";

/** An instruct model, and its folder, for one test. */
async function instruct() {
  const folder = await modelFolder("llama", { context: 128, heads: 4, kvHeads: 2 }, 8);
  const path = join(folder, "tokenizer_config.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), chat_template: template }));
  return { folder, lm: await loadModel(folder) };
}

/** The likeliest tokens after exactly these ids, token by token. */
async function greedy(lm: LocalModel, ids: Int32Array, most: number): Promise<number[]> {
  const decoder = createDecoder(lm);
  const written: number[] = [];
  let logits = await decoder.append(ids);
  while (written.length < most) {
    const id = logits.indexOf(Math.max(...logits));
    if (id === lm.tokenizer.endOfText) break;
    written.push(id);
    if (written.length < most) logits = await decoder.append(Int32Array.of(id));
  }
  await decoder.release();
  return written;
}

describe("a conversation", () => {
  it("is read as its template writes it, all turns again", async () => {
    const { lm } = await instruct();
    const chat = createChat(lm, { system: "see" });
    const options = { temperature: 0, maxLength: 12 };
    const first = await chat.say("why did the hen", options);
    const begun = `system: see${END}user: why did the hen${END}`;
    const ids = lm.tokenizer.encode(`${begun}assistant:`);
    expect(ids.filter((id) => id === lm.tokenizer.endOfText)).toHaveLength(2);
    expect(first.ids).toEqual(await greedy(lm, ids, 12));
    expect(chat.tokens).toBe(ids.length);
    const second = await chat.say("cross a road", options);
    const whole = `${begun}assistant: ${first.text}${END}user: cross a road${END}assistant:`;
    expect(second.prompt).toBe(whole);
    expect(second.ids).toEqual(await greedy(lm, lm.tokenizer.encode(whole), 12));
    expect(chat.messages.map(({ role }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "user",
      "assistant",
    ]);
    chat.reset();
    expect(chat.messages).toEqual([{ role: "system", content: "see" }]);
    chat.reset("");
    expect(chat.messages).toEqual([]);
    await chat.release();
  });

  it("forgets a turn whose answer was stopped, and can be released then", async () => {
    const { lm } = await instruct();
    const chat = createChat(lm);
    const stop = new AbortController();
    const options = { temperature: 0, maxLength: 20 };
    const stopped = chat.say("why", { ...options, signal: stop.signal, onText: () => stop.abort() });
    await expect(stopped).rejects.toThrow();
    expect(chat.messages).toEqual([]);
    await chat.release();
  });

  it("ends at every end token that generation_config.json lists, or config.json without it", async () => {
    const { folder, lm } = await instruct();
    const options = { temperature: 0, maxLength: 12 };
    const whole = createChat(lm);
    const { ids } = await whole.say("why did the hen", options);
    await whole.release();
    const [first, ...others] = ids.slice(1);
    expect(first).not.toBe(ids[0]);
    const list = [lm.tokenizer.endOfText, first, 1e9];
    expect(others.length).toBeGreaterThan(2);
    const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
    for (const [file, content] of Object.entries({
      "config.json": { ...config, eos_token_id: list },
      "generation_config.json": { eos_token_id: list },
    })) {
      writeFileSync(join(folder, file), JSON.stringify(content));
      const chat = createChat(await loadModel(folder));
      expect(await chat.say("why did the hen", options), file).toMatchObject({
        ids: ids.slice(0, 2),
        finish: "eos",
        text: lm.tokenizer.decode([ids[0]!]),
      });
      await chat.release();
      writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    }
    const none = { eos_token_id: lm.tokenizer.endOfText };
    writeFileSync(join(folder, "generation_config.json"), JSON.stringify(none));
    writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, eos_token_id: list }));
    const chat = createChat(await loadModel(folder));
    expect((await chat.say("why did the hen", options)).ids).toEqual(ids);
    await chat.release();
  });

  it("streams the answer", async () => {
    const { lm } = await instruct();
    const chat = createChat(lm);
    const options = { temperature: 0, maxLength: 20 };
    const pieces: string[] = [];
    const { text } = await chat.say("why", { ...options, onText: (piece) => pieces.push(piece) });
    expect(pieces.join("")).toBe(text);
    await chat.release();
  });

  it("that leaves no room for an answer is refused, and goes on after a shorter turn", async () => {
    const { lm } = await instruct();
    const chat = createChat(lm);
    await expect(chat.say("why ".repeat(200))).rejects.toThrow(
      /The conversation has \d+ tokens, and .* sees at most 128 at once; begin a new one/,
    );
    await expect(chat.say("why", { maxLength: 500 })).rejects.toThrow(/up to 500 more were asked for/);
    expect((await chat.say("why", { maxLength: 2 })).tokens).toBeGreaterThan(0);
    await chat.release();
  });

  it("needs a template, and a model that writes", async () => {
    const { lm } = await instruct();
    expect(() => createChat(lm, { template: "tools" })).toThrow(
      /no chat template "tools"; known are: default/,
    );
    const plain = await loadModel(await modelFolder("gpt2"));
    expect(() => createChat(plain)).toThrow(/has no chat template, so it holds no conversations/);
    const bert = await loadModel(await modelFolder("bert"));
    expect(() => createChat(bert)).toThrow(/fills masks/);
  });
});

const usual = ["--temperature", "0", "--max-length", "6"];

describe("punchline chat", () => {
  it("answers a text, or each line of its input in one conversation", async () => {
    const { folder, lm } = await instruct();
    const { status, stdout, stderr } = await punchline([
      "chat",
      folder,
      "why did the hen",
      ...usual,
      "--json",
    ]);
    expect(status, stderr).toBe(0);
    const one = JSON.parse(stdout);
    expect(one).toMatchObject({ template: "default", messages: [{ role: "user" }, { role: "assistant" }] });
    expect(stderr).toContain('is asked by its chat template "default"');
    const piped = await runSource("src/cli/main.ts", ["chat", folder, ...usual, "--system", "see"], {
      input: "why did the hen\n\ncross a road\n",
    });
    expect(piped.status, piped.stderr).toBe(0);
    const chat = createChat(lm, { system: "see" });
    const options = { temperature: 0, maxLength: 6 };
    const answers = [await chat.say("why did the hen", options), await chat.say("cross a road", options)];
    await chat.release();
    expect(piped.stdout).toBe(answers.map(({ text }) => `${text}\n`).join(""));
  });

  it("of a model without a template, or a hosted one, is a wrong use", async () => {
    const plain = await punchline(["chat", await modelFolder("gpt2"), "why"]);
    expect(plain.status).toBe(2);
    expect(plain.stderr).toMatch(/has no chat template.*take an instruct model/);
    expect((await punchline(["chat", "openai:gpt", "why"])).status).toBe(2);
  });
});

describe("punchline sample of an instruct model", () => {
  it("says that the template is not used, and with --chat asks by it", async () => {
    const { folder } = await instruct();
    const words = ["sample", folder, "--prompt", "why did the hen", ...usual, "--json"];
    const plain = await punchline(words);
    expect(plain.stderr).toMatch(/has a chat template, which is not used.*--chat/);
    const asked = await punchline([...words, "--chat", "-n", "2"]);
    expect(asked.stderr).toContain('is asked by its chat template "default"');
    const { template: name, samples } = JSON.parse(asked.stdout);
    expect(name).toBe("default");
    const { stdout } = await punchline(["chat", folder, "why did the hen", ...usual, "--json"]);
    expect(samples.map(({ text }: { text: string }) => text)).toEqual(
      [0, 1].map(() => JSON.parse(stdout).turns[0].assistant),
    );
    expect((await punchline([...words, "--chat", "--beams", "2"])).stderr).toMatch(/--chat writes answers/);
    expect((await punchline(["sample", folder, "--chat"])).stderr).toMatch(/--chat needs a --prompt/);
  });
});
