/** Conversations as training data: what of them is learned, token by token, and a model that learns to answer. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { prepareTexts } from "../src/data/prepare.ts";
import { prepareData } from "../src/data/prepare-sources.ts";
import { encodeSplit } from "../src/data/tokens.ts";
import { createChat } from "../src/generate/chat.ts";
import { loadModel } from "../src/generate/load.ts";
import { loadTokenizer } from "../src/hub/tokenizer-files.ts";
import { huggingfaceTokenizer } from "../src/text/huggingface.ts";
import type { HuggingFaceJson } from "../src/text/huggingface-files.ts";
import type { Tokenizer } from "../src/text/tokenizer.ts";
import { windows } from "../src/train/windows.ts";
import { temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import { modelFolder } from "./export-fixture.ts";

const END = "<|endoftext|>";
const template =
  "{% for m in messages %}[{{ m.role }}]\n{{ m.content | trim }}{{ eos_token }}\n{% endfor %}" +
  "{% if add_generation_prompt %}[assistant]\n{% endif %}";

/** A folder of a model with a chat template. */
async function instruct(source = template, type = "llama", context = 128): Promise<string> {
  const folder = await modelFolder(type, { context, heads: 4, kvHeads: 2 }, 1);
  const path = join(folder, "tokenizer_config.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), chat_template: source }));
  return folder;
}

const turn = (role: string, content: string) => ({ role, content });
const conversation = [
  turn("system", "see  its side"),
  turn("user", " why did the hen\ncross a road"),
  turn("assistant", "to see “the” other side &amp; \n"),
  turn("user", "did it see"),
  turn("assistant", "why the hen"),
  turn("user", "and"),
];

/** A file of these conversations, a line each. */
function file(conversations: readonly unknown[], name = "chat.jsonl"): string {
  const path = join(temporaryFolder(), name);
  const lines = conversations.map((messages) => JSON.stringify({ messages }));
  writeFileSync(path, name.endsWith(".json") ? `[${lines.join(",")}]` : `${lines.join("\n")}\n`);
  return path;
}

/** A cell of a CSV file. */
const quoted = (value: unknown): string =>
  value === undefined
    ? ""
    : `"${(typeof value === "string" ? value : JSON.stringify(value)).replaceAll('"', '""')}"`;

const everything = { fractions: { validation: 0, test: 0 } };

/** Where each id begins and ends in its text, in bytes. */
function placesOf(tokenizer: Tokenizer, ids: Iterable<number>): (readonly [from: number, end: number])[] {
  let at = 0;
  return Array.from(ids, (id) => {
    const written = tokenizer.token(id);
    // In byte-level BPE a token has a sign for each byte; a special token is written as it is.
    const from = at;
    at += [...written].length;
    return [from, at] as const;
  });
}

describe("a conversation", () => {
  it.each(["chat.jsonl", "chat.json"])(
    "in %s: the assistant's turns and their ends are learned",
    async (name) => {
      const folder = await instruct();
      const tokenizer = await loadTokenizer(folder);
      const data = await prepareData(file([conversation], name), { vocabulary: tokenizer, ...everything });
      // Written by hand, and measured in bytes.
      const answers = ["to see “the” other side &amp;", "why the hen"];
      const parts = [
        `[system]\nsee  its side${END}\n[user]\nwhy did the hen\ncross a road${END}\n[assistant]\n`,
        `${answers[0]}${END}`,
        `\n[user]\ndid it see${END}\n[assistant]\n`,
        `${answers[1]}${END}`,
        "\n",
      ];
      expect(data.splits.train).toEqual([parts.join("")]);
      const ids = tokenizer.encode(parts.join(""));
      const places = placesOf(tokenizer, ids);
      const ends = parts.map((_, i) => Buffer.byteLength(parts.slice(0, i + 1).join("")));
      const learned = places.map(
        ([from, end]) => (from >= ends[0]! && end <= ends[1]!) || (from >= ends[2]! && end <= ends[3]!),
      );
      expect(places.at(-1)![1]).toBe(ends[4]);
      expect(learned.filter(Boolean).length).toBeGreaterThan(10);
      for await (const window of windows(data, {
        base: { folder, name: "x" },
        options: { seqLen: 128, batchSize: 1 },
      })) {
        expect(window.ids.slice(0, ids.length - 1)).toEqual([...ids].slice(0, -1));
        expect(window.labels.slice(0, ids.length - 1)).toEqual(
          [...ids].slice(1).map((id, i) => (learned[i + 1] ? id : null)),
        );
        expect(window.labels.slice(ids.length - 1).every((label) => label === null)).toBe(true);
        break;
      }
      expect(data.cleaning).toMatchObject({ steps: [] });
      expect(data.summary.conversations).toMatchObject({ turns: 2 });
    },
  );

  it("begins with one begin of text, which the template writes", async () => {
    const folder = await instruct(`{{ bos_token }}${template}`);
    const files = (await loadTokenizer(folder)).files();
    // A sign that no conversation has begins every text.
    const begin = "~";
    const whole = files["tokenizer.json"] as unknown as HuggingFaceJson;
    const id = (await loadTokenizer(folder)).id(begin)!;
    const special = { SpecialToken: { id: begin, type_id: 0 } };
    const one = { Sequence: { id: "A", type_id: 0 } };
    const marked = {
      ...whole,
      added_tokens: [...whole.added_tokens, { ...whole.added_tokens[0]!, id, content: begin }],
      post_processor: {
        type: "TemplateProcessing",
        single: [special, one],
        pair: [special, one, { Sequence: { id: "B", type_id: 1 } }],
        special_tokens: { [begin]: { id: begin, ids: [id], tokens: [begin] } },
      },
    };
    const config = { ...(files["tokenizer_config.json"] as object), bos_token: begin };
    const tokenizer = huggingfaceTokenizer(marked, config);
    expect(tokenizer.beginOfText).toBe(id);
    const data = await prepareData(file([conversation.slice(1, 3)]), {
      vocabulary: tokenizer,
      ...everything,
    });
    for (const [name, content] of Object.entries(tokenizer.files()))
      writeFileSync(join(folder, name), JSON.stringify(content));
    for await (const { ids } of windows(data, { base: { folder, name: "x" }, options: { seqLen: 64 } })) {
      expect(ids[0]).toBe(id);
      expect(ids.filter((other) => other === id)).toHaveLength(1);
      break;
    }
  });

  it("whose earlier turns a template writes differently gives a text for each", async () => {
    const forgetful =
      "{% for m in messages %}[{{ m.role }}] {% if m.role == 'assistant' and not loop.last %}-{% else %}{{ m.content }}{% endif %}{{ eos_token }}{% endfor %}" +
      "{% if add_generation_prompt %}[assistant] {% endif %}";
    const tokenizer = await loadTokenizer(await instruct(forgetful));
    const data = await prepareData(file([conversation.slice(1, 5)]), {
      vocabulary: tokenizer,
      ...everything,
    });
    const [first, second] = data.splits.train;
    expect(data.summary.rows_out).toBe(1);
    expect(first).toContain("to see");
    expect(second).toContain(`[assistant] -${END}`);
    const learned = data.learned!.train.map((places, i) => {
      expect(places).toHaveLength(2);
      return data.splits.train[i]!.slice(...places);
    });
    expect(learned).toEqual([`${conversation[2]!.content}${END}`, `why the hen${END}`]);
    // The space would be one token with the word behind it, but the model reads it alone when it is asked.
    const { tokens, offsets, learned: counts } = encodeSplit(data, "train");
    const asked = tokenizer.encode(first!.slice(0, data.learned!.train[0]![0]));
    expect([...tokens.subarray(0, asked.length)]).toEqual([...asked]);
    expect(counts!.indexOf(1)).toBe(asked.length);
    expect(counts!.lastIndexOf(1, offsets[1]! - 1)).toBe(offsets[1]! - 1);
  });

  it.each([
    ["without an answer", [turn("user", "why")], /line 2 has no message of the assistant/],
    [
      "with a wrong role",
      [turn("user", "why"), turn("clown", "a")],
      /line 2, message 2, has the role "?clown"?; system, user/,
    ],
    ["with nothing said", [turn("user", "why"), turn("assistant", " ")], /line 2, message 2, is empty/],
    ["without a role", [turn("user", "why"), { content: "a" }], /line 2, message 2, has no role/],
    ["that the assistant begins", [turn("assistant", "why")], /line 2 begins with the assistant/],
    ["of numbers", [1], /line 2, message 1, has no role/],
    [
      "with pictures",
      [{ role: "user", content: [{ type: "image" }] }],
      /line 2, message 1, has a content that is not text/,
    ],
    ["of nothing", [], /line 2 is no conversation/],
    ["without end", Array(1002).fill(turn("user", "why")), /line 2 has 1002 messages, and at most 1000/],
  ])("%s is refused with its place", async (_, bad, sentence) => {
    const path = file([conversation, bad, conversation]);
    const vocabulary = await loadTokenizer(await instruct());
    await expect(prepareData(path, { vocabulary })).rejects.toThrow(sentence);
    await expect(prepareData(path, { vocabulary })).rejects.toThrow(path);
  });

  it.each([
    ["chat.jsonl", (rows: object[]) => rows.map((row) => JSON.stringify(row)).join("\n")],
    ["chat.json", (rows: object[]) => JSON.stringify(rows)],
    [
      "chat.csv",
      (rows: { messages: unknown; tools?: unknown }[]) =>
        [
          "messages,tools",
          ...rows.map(({ messages, tools }) => [messages, tools].map(quoted).join(",")),
        ].join("\n"),
    ],
  ] as const)("in %s with tools is written with them, by its template", async (name, lines) => {
    const calling = `{% for tool in tools or [] %}[tool]{{ tool.function.name }}{{ eos_token }}\n{% endfor %}${template}`;
    const vocabulary = await loadTokenizer(await instruct(calling));
    const tools = [{ type: "function", function: { name: "see" } }];
    const path = join(temporaryFolder(), name);
    const messages = conversation.slice(1, 3);
    writeFileSync(path, lines([{ messages, tools }, { messages: conversation.slice(1, 5) }]));
    const data = await prepareData(path, { vocabulary, nearDuplicates: false, ...everything });
    const called = data.splits.train.map((text) => text.startsWith(`[tool]see${END}\n[user]`));
    expect(called.sort()).toEqual([false, true]);
    for (const [i, places] of data.learned!.train.entries())
      expect(data.splits.train[i]!.slice(...places.slice(0, 2))).toContain("to see");
    writeFileSync(path, lines([{ messages, tools: "see" }]));
    await expect(prepareData(path, { vocabulary })).rejects.toThrow(/has tools that are no list such as/);
  });

  it("with calls of tools learns each call with its end of turn, and is another where the call is another", async () => {
    const calling =
      "{% for m in messages %}[{{ m.role }}]\n{{ m.content }}{% for c in m.tool_calls or [] %}<{{ c.name }}>{% endfor %}{{ eos_token }}\n{% endfor %}" +
      "{% if add_generation_prompt %}[assistant]\n{% endif %}";
    const vocabulary = await loadTokenizer(await instruct(calling));
    const asked = (...names: string[]) => [
      turn("user", "why did the hen"),
      { role: "assistant", content: null, tool_calls: names.map((name) => ({ name })) },
      turn("tool", "a road"),
      turn("assistant", "to see"),
    ];
    const all = [asked("see"), asked("cross"), asked("see", "cross"), asked("see")];
    const data = await prepareData(file(all), { vocabulary, nearDuplicates: false, ...everything });
    expect(data.summary).toMatchObject({ rows_out: 3, dropped: { duplicate: 1 } });
    const learned = data.splits.train.map((text, i) => {
      const [from, end, next, last] = data.learned!.train[i]!;
      return [text.slice(from, end), text.slice(next, last)];
    });
    expect(learned.sort()).toEqual(
      ["<cross>", "<see><cross>", "<see>"].map((call) => [`${call}${END}`, `to see${END}`]),
    );
  });

  it("that the template refuses is named", async () => {
    const strict = `{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}${template}`;
    const vocabulary = await loadTokenizer(await instruct(strict));
    await expect(prepareData(file([conversation]), { vocabulary })).rejects.toThrow(
      /line 1: The chat template of the model refuses this conversation: .*no system/,
    );
  });

  it("is not mixed with other texts", async () => {
    const vocabulary = await loadTokenizer(await instruct());
    const batches = [
      { texts: ["a"], prompts: [""], conversations: [conversation] },
      { texts: ["why did the hen"] },
    ];
    await expect(prepareTexts(batches, { vocabulary })).rejects.toThrow(/1 conversations and 1 other texts/);
  });

  it.each(["bert", "roberta"])("cannot be learned by a model that fills masks, such as %s", async (type) => {
    const { status, stderr } = await punchline([
      ...["finetune", await modelFolder(type), "--data", file(taught), "--out", "run"],
    ]);
    expect(status).toBe(2);
    expect(stderr.trim().split("\n").at(-1)).toBe(
      `error: ${type} fills masks, and this data has answers to prompts, as conversations are, which only a model that writes learns; take such a model, or name a column of plain texts with --column.`,
    );
  });
});

const subjects = ["hen", "road", "side", "other"];
const taught = Array.from({ length: 20 }, (_, i) => [
  turn("user", `why did ${subjects[i % 4]} ${"cross ".repeat(Math.floor(i / 4))}`.trim()),
  turn("assistant", `see ${subjects[i % 4]}`),
]);

describe("punchline finetune", () => {
  it("teaches a model to answer, which chat then asks", async () => {
    const folder = await instruct();
    const tokenizer = await loadTokenizer(folder);
    const ends = [tokenizer.endOfText, tokenizer.id("#")];
    writeFileSync(join(folder, "generation_config.json"), JSON.stringify({ eos_token_id: ends }));
    const cwd = temporaryFolder();
    const data = file([...taught, [turn("user", "why ".repeat(300)), turn("assistant", "a")]]);
    const options = ["--batch-size", "8", "--seq-len", "64", "--learning-rate", "5e-3", "--no-near"];
    const of = ["--validation", "0", "--test", "0"];
    const train = ["finetune", folder, "--data", data, "--out", "run", "--steps", "60", ...options, ...of];
    const { status, stderr } = await punchline(train, { cwd });
    expect(stderr).toMatch(/1 text is longer than a row and left out; raise --seq-len/);
    expect(status).toBe(0);
    const resumed = await punchline(
      ["finetune", folder, "--out", "run", "--steps", "80", "--resume", "--data", data],
      { cwd },
    );
    expect(resumed.stderr).not.toMatch(/error/);
    expect(resumed.status).toBe(0);
    const generation = JSON.parse(readFileSync(join(cwd, "run", "generation_config.json"), "utf8"));
    expect(generation.eos_token_id).toEqual(ends);
    // What counts is what was learned: each answer with its end of turn, and nothing that was asked.
    const asked = file(taught);
    const scored = await punchline(
      ["eval", "run", "--data", asked, "--split", "all", "--no-near", "--json"],
      { cwd },
    );
    const { characters, loss } = JSON.parse(scored.stdout);
    expect(characters).toBe(taught.reduce((n, [, answer]) => n + answer!.content.length + 1, 0));
    expect(loss).toBeLessThan(0.5);
    const lm = await loadModel(join(cwd, "run"));
    const chat = createChat(lm);
    for (const subject of subjects) {
      chat.reset();
      const answer = await chat.say(`why did ${subject}`, { temperature: 0, maxLength: 20 });
      expect([answer.text, answer.finish]).toEqual([`see ${subject}`, "eos"]);
    }
    await chat.release();
    const { stdout } = await punchline(["chat", join(cwd, "run"), "why did hen", "--temperature", "0"]);
    expect(stdout).toBe("see hen\n");
    const shown = await punchline([
      "data",
      data,
      "--model",
      folder,
      "--show-windows",
      "1",
      "--seq-len",
      "64",
      "--no-near",
    ]);
    expect(shown.stdout).toMatch(/conversations +21 turns of the assistant are learned, \d/);
  });

  it("says how many conversations of the validation split are left out", async () => {
    const long = Array.from({ length: 12 }, (_, i) => [
      turn("user", `why ${"side ".repeat(60 + i)}`),
      turn("assistant", "a"),
    ]);
    const { status, stderr } = await punchline(
      [
        ...["finetune", await instruct(), "--data", file([...taught, ...long]), "--out", "run", "--no-near"],
        ...["--steps", "1", "--seq-len", "64", "--validation", "0.5", "--test", "0", "--sample-every", "0"],
      ],
      { cwd: temporaryFolder() },
    );
    expect(status, stderr).toBe(0);
    const [, out] = /(\d+) texts of the validation split are longer than a row and not scored/.exec(stderr)!;
    const [, learned] = /(\d+) texts are longer than a row and left out/.exec(stderr)!;
    expect(Number(out) + Number(learned)).toBe(12);
  });

  it("says where all conversations are longer than a row", async () => {
    const { status, stderr } = await punchline([
      ...["finetune", await instruct(), "--data", file(taught), "--out", "run", "--seq-len", "4"],
    ]);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/conversations is longer than a row of 4 tokens .* raise --seq-len/);
  });
});
