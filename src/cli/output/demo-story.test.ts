import picocolors from "picocolors";
import { describe, expect, test } from "vitest";
import type { DemoEvent } from "../../demo/context.ts";
import type { DemoResult } from "../../demo/demo.ts";
import type { Context } from "../context.ts";
import { demoStory } from "./demo-story.ts";

const long = "a text that is far longer than one line of the terminal, and goes on and on, ".repeat(4);
const audited = (text: string, copy = false) => ({ text, copy, nearest: [] });
const training = (event: object): DemoEvent =>
  ({ type: "training", what: "the names", event }) as unknown as DemoEvent;
const at = (step: number) => training({ type: "log", row: { step } });
const names = (text: string, known: boolean, finished = false): DemoEvent => ({
  type: "names",
  names: [
    { text, known },
    { text: "Piako", known: false },
  ],
  finished,
});
const chapter = (name: "cities" | "characters", number: number): DemoEvent => ({
  type: "chapter",
  name,
  title: "From noise to names",
  question: "What does learning look like?",
  number,
  of: 5,
});
const piece = (text: string, ended = false): DemoEvent => ({
  type: "piece",
  model: "punchline-gpt2",
  prompt: "The old man",
  piece: text,
  ended,
});

const told: readonly DemoEvent[] = [
  chapter("cities", 1),
  training({ type: "start" }),
  ...[1, 25, 30, 50].flatMap((step) => [at(step), names(`step${step}`, step === 25)]),
  names("Oslo", true, true),
  piece(""),
  ...` ${long}`.split(/(?=[aeiou])/).map((part) => piece(part)),
  piece("\u001b[31m", true),
  chapter("characters", 2),
  {
    type: "jokes",
    what: "The character model",
    temperature: 0.5,
    first: true,
    samples: [],
    ranked: [audited(long), audited("A copy.", true), audited("The third.")],
  } as unknown as DemoEvent,
  {
    type: "pairs",
    what: "punchline-gpt2",
    pairs: [{ prompt: "Why did", before: long, after: "he go?", scratch: long }],
  },
  { type: "cue", model: "the character model", written: long, real: long },
  { type: "gap", left: "jump high in the", right: ".", models: [{ model: "bert", words: ["air", "sea"] }] },
  { type: "finished", name: "characters", finding: long, report: "report.html" },
];

function printed(events: readonly DemoEvent[], columns: number, result?: Partial<DemoResult>): string {
  let text = "";
  const ctx = {
    style: picocolors.createColors(false),
    columns,
    print: (line = "") => {
      text += `${line}\n`;
    },
    write: (part: string) => {
      text += part;
    },
  } as unknown as Context;
  const story = demoStory(ctx);
  for (const event of events) story.show(event);
  if (result) story.conclude(result as DemoResult, "punchline sample runs/demo/gpt");
  return text;
}

describe("what the demo prints", () => {
  test.each([80, 40, 20])("fits a terminal of %d columns, and breaks no word", (columns) => {
    const text = printed(told, columns);
    for (const line of text.split("\n")) expect(line.length, line).toBeLessThanOrEqual(Math.max(columns, 24));
    const words = new Set(long.split(/[ ,]+/));
    const last = text.trimEnd().split("\n").at(-1)!;
    for (const word of last.trim().split(/[ ,]+/)) expect(words).toContain(word);
  });

  test("names come as they are learned, less and less often, with a star where they are in the list", () => {
    const text = printed(told, 80);
    expect(text).toContain("step25* · Piako");
    expect(text).toContain("step50 · Piako");
    expect(text).not.toContain("step30");
    expect(text).toMatch(/done {2}Oslo\* · Piako/);
  });

  test("the best two of a temperature, a copy marked; nothing of a model can move the cursor", () => {
    const text = printed(told, 80);
    expect(text).toContain("    temperature 0.5  a text");
    expect(text).toContain("A copy. (a copy)");
    expect(text).not.toContain("The third.");
    expect(text).not.toContain("\u001b");
    expect(text).toContain("The old man a text");
  });

  test("it ends with the best of it, the page once, and a command", () => {
    const hero = { text: "A joke.", byline: "By it.", kind: "joke" } as const;
    const report = "report.html";
    const done = printed([], 80, { stopped: "told", report, seconds: 61, hero });
    expect(done).toMatch(
      /The best of it\n\n {4}A joke\.\n\n {2}By it\.\n\n1m 01s\. .*file:.*report\.html\nGo on with/,
    );
    expect(printed(told, 80)).not.toContain("file:");
    expect(printed([], 80, { stopped: "interrupt", report: null, seconds: 1 })).toMatch(/same command again/);
    expect(printed([], 80, { stopped: "told", report, seconds: 1, hero: undefined })).not.toContain(
      "The best",
    );
  });
});
