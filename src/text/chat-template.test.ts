import { describe, expect, it } from "vitest";
import { tokenizerContents } from "../hub/tokenizer-contents.ts";
import { type ChatMessage, chatTemplateNames, chatTemplateOf } from "./chat-template.ts";

/** A model of this tokenizer_config.json. */
const chatting = (config: Readonly<Record<string, unknown>>) => ({
  name: "tiny",
  tokenizer: { files: () => ({ "tokenizer.json": {}, "tokenizer_config.json": config }) },
});
const of = (chat_template: unknown, config = {}) => chatTemplateOf(chatting({ ...config, chat_template }));

const user = (content: string): ChatMessage => ({ role: "user", content });
const conversation: readonly ChatMessage[] = [
  { role: "system", content: "Be brief." },
  user("Why?"),
  { role: "assistant", content: "Because." },
  user("Oh."),
];

const chatml =
  "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
const chatmlText =
  "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\nBecause.<|im_end|>\n<|im_start|>user\nOh.<|im_end|>\n";

describe("a chat template", () => {
  it("writes a conversation, with or without the beginning of the answer", () => {
    expect(of(chatml).apply(conversation)).toBe(`${chatmlText}<|im_start|>assistant\n`);
    expect(of(chatml).apply(conversation, { addGenerationPrompt: false })).toBe(chatmlText);
  });

  it("drops the line breaks around blocks, knows special tokens, and refuses in its own words", () => {
    const template = `{{- bos_token }}
{%- for message in messages %}
    {%- if loop.index0 % 2 == 0 and message.role != 'user' %}
        {{- raise_exception('Turns begin with the user, not with ' ~ message.role) }}
    {%- endif %}
    {%- if message.role == 'user' %}
[INST] {{ message.content | trim }} [/INST]
    {%- else %}
{{ ' ' + message.content + eos_token }}
    {% endif %}
{%- endfor %}`;
    const tiny = of(template, { bos_token: "<s>", eos_token: { content: "</s>", lstrip: false } });
    expect(tiny.apply([user(" a "), { role: "assistant", content: "b" }, user("c")])).toBe(
      "<s>[INST] a [/INST] b</s>\n[INST] c [/INST]",
    );
    expect(() => tiny.apply(conversation)).toThrow(
      "The chat template of tiny refuses this conversation: Turns begin with the user, not with system.",
    );
  });

  it("is one of several by name", () => {
    const several = [
      { name: "default", template: "{{ messages[0].content }}" },
      { name: "tool_use", template: "{{ tools | tojson }}" },
    ];
    const lm = chatting({ chat_template: several });
    expect(chatTemplateNames(lm)).toEqual(["default", "tool_use"]);
    expect(chatTemplateOf(lm).apply([user("a")])).toBe("a");
    expect(chatTemplateOf(lm, "tool_use").apply([user("a")], { tools: [{ f: 1 }] })).toBe('[{"f": 1}]');
    expect(() => chatTemplateOf(lm, "tools_use")).toThrow(
      /no chat template "tools_use"; did you mean "tool_use"/i,
    );
  });

  it("in a file of its own comes before the one of tokenizer_config.json", async () => {
    const files = new Map([
      ["tokenizer.json", "{}"],
      ["tokenizer_config.json", '{ "chat_template": "old" }'],
    ]);
    const text = async (name: string) => files.get(name);
    const reader = {
      text,
      json: async (name: string) => JSON.parse((await text(name)) ?? "null") ?? undefined,
      list: async () => [],
    };
    const applied = async () => {
      const { "tokenizer_config.json": config } = await tokenizerContents("tiny", reader);
      return chatTemplateOf(chatting(config)).apply([user("a")]);
    };
    expect(await applied()).toBe("old");
    files.set("chat_template.jinja", "new");
    expect(await applied()).toBe("new");
  });

  it("gets variables, the time, and Python's none for what is absent", () => {
    const template =
      "{{ strftime_now('%d %b %Y') }} {{ thinking }} {{ tools is none }} {{ range(2, 7, 2) | list }}";
    const now = new Date(2024, 6, 4);
    expect(of(template).apply([user("")], { variables: { thinking: false }, now })).toBe(
      "04 Jul 2024 False True [2, 4, 6]".replace("False", "false").replace("True", "true"),
    );
  });

  it("knows what the templates of published models use", () => {
    const thinking = `{%- set ns = namespace(last=messages|length - 1, searching=true) %}
{%- for message in messages[::-1] %}
  {%- set index = (messages|length - 1) - loop.index0 %}
  {%- if ns.searching and message.role == "user" and message.content is string and not(message.content.startswith('<tool>') and message.content.endswith('</tool>')) %}
    {%- set ns.searching = false %}{%- set ns.last = index %}
  {%- endif %}
{%- endfor %}
{%- for message in messages %}
  {%- if message.role == "assistant" and '</think>' in message.content and loop.index0 < ns.last %}
    {{- '[a]' + message.content.split('</think>')[-1].lstrip('\\n').rstrip('\\n') }}
  {%- else %}{{- '[' ~ message.role[0] ~ ']' ~ message['content'] | trim }}
  {%- endif %}
{%- endfor %}
{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think></think>' }}{%- endif %}`;
    const turns = [
      user(" one "),
      { role: "assistant", content: "<think>\nhm\n</think>\n\ntwo\n" },
      user("three"),
      user("<tool>4</tool>"),
    ];
    expect(of(thinking).apply(turns, { variables: { enable_thinking: false } })).toBe(
      "[u]one[a]two[u]three[u]<tool>4</tool><think></think>",
    );
    const dated = `{{- bos_token }}
{%- if not date_string is defined %}
  {%- if strftime_now is defined %}{%- set date_string = strftime_now("%d %b %Y") %}
  {%- else %}{%- set date_string = "26 Jul 2024" %}{%- endif %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
  {%- set system_message = messages[0]['content']|trim %}{%- set messages = messages[1:] %}
{%- else %}{%- set system_message = "" %}{%- endif %}
{%- if tools is not none %}{{- "tools" }}{%- endif %}
{{- date_string + "|" + system_message }}
{%- for m in messages %}
  {%- if not (m.role == 'ipython' or m.role == 'tool' or 'tool_calls' in m) %}
    {{- '|' + m['role'] + ':' + m['content'] | trim }}
  {%- elif 'tool_calls' in m %}
    {{- '|' + (m.tool_calls[0].function.arguments | tojson) }}
  {%- endif %}
  {%- if loop.last and add_generation_prompt %}{{- '|' }}{%- endif %}
{%- endfor %}`;
    const called = { role: "assistant", tool_calls: [{ function: { arguments: { a: [1, "é"] } } }] };
    const told = of(dated, { bos_token: "<s>" });
    expect(told.apply([...conversation.slice(0, 2), called], { now: new Date(2025, 0, 9) })).toBe(
      '<s>09 Jan 2025|Be brief.|user:Why?|{"a": [1, "é"]}|',
    );
    expect(told.apply([user("a")], { variables: { date_string: "today" } })).toBe("<s>today||user:a|");
  });

  it("is missing, broken or of no messages: a sentence each", () => {
    expect(() => chatTemplateOf(chatting({}))).toThrow(
      /^tiny has no chat template, so it holds no conversations/,
    );
    expect(() => of("{% for m in messages %}")).toThrow(
      "The chat template of tiny cannot be read: it ends within a block or an expression.",
    );
    expect(() => of("{% set a = 1 %}").apply([user("a")])).toThrow(
      "The chat template of tiny writes nothing of this conversation.",
    );
    expect(() => of("{{ messages + none }}").apply([user("a")])).toThrow(
      /^The chat template of tiny cannot be applied to this conversation: .+\.$/,
    );
    expect(() => of(chatml).apply([user("a")], { tool: [] } as object)).toThrow('did you mean "tools"?');
    expect(() => of(chatml).apply([])).toThrow(/A conversation is a list of messages/);
    expect(() => of(chatml).apply([user("a"), { content: "b" } as unknown as ChatMessage])).toThrow(
      'Message 2 has no "role"',
    );
    expect(() => of("a".repeat(300_000))).toThrow("The chat template of tiny has 300000 characters");
  });
});

describe("a chat template that is a stranger's program", () => {
  const endless: Readonly<Record<string, string>> = {
    "loops in loops":
      "{% for a in range(100000) %}{% for b in range(100000) %}{{ b }}{% endfor %}{% endfor %}",
    "a range of all numbers": "{% for a in range(999999999999) %}{% endfor %}",
    "a text that doubles":
      "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
    "a list that doubles":
      "{% set ns = namespace(s=[1, 2]) %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
    "a macro that calls itself": "{% macro f(g) %}{{ g(g) }}{% endmacro %}{{ f(f) }}",
    "long work on a long text":
      "{% set s = 'ab' %}{% for i in range(900000) %}{{ messages[0].content | upper | lower | upper | length }}{% endfor %}",
  };
  it.each(Object.entries(endless))("is stopped in a sentence: %s", (_, template) => {
    expect(() => of(template).apply([user("x".repeat(100_000))])).toThrow(
      /^The chat template of tiny was stopped: it .+\.$/,
    );
  });

  it.each([
    "{{ messages.constructor }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ messages[0].__proto__.polluted }}",
    "{{ process.env }}",
    "{{ globalThis.process }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{{ raise_exception.constructor('return process')() }}",
  ])("reads nothing of the program: %s", (template) => {
    let text = "";
    try {
      text = of(template).apply([user("a")]);
    } catch (error) {
      expect(String(error)).toMatch(/The chat template of tiny (cannot be|was|refuses|writes nothing)/);
    }
    expect(text.trim()).toBe("");
  });

  it("takes 100,000 messages", () => {
    const many = Array.from({ length: 100_000 }, (_, i) => ({
      role: i % 2 ? "assistant" : "user",
      content: `${i}`,
    }));
    const text = of(chatml).apply(many, { addGenerationPrompt: false });
    expect(text.split("<|im_end|>\n")).toHaveLength(100_001);
    expect(text.endsWith("<|im_start|>assistant\n99999<|im_end|>\n")).toBe(true);
  });
});
