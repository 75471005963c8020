/** `punchline suggest` as people use it: one text, a pipe, and a real terminal where tmux can make one. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareText } from "../src/data/prepare.ts";
import { train } from "../src/train/train.ts";
import { builtCli, punchline as punchlineProcess } from "./cli.ts";
import { punchline } from "./cli-here.ts";

const folder = mkdtempSync(join(tmpdir(), "punchline-suggest-"));
const model = join(folder, "run");

beforeAll(async () => {
  await train({
    model: "char-lstm",
    modelOptions: { width: 48, embedding: 16 },
    data: prepareText("why did the old hen cross a road? to see its other side\n".repeat(60)),
    options: { steps: 240, batchSize: 8, seqLen: 48, learningRate: 0.02, warmup: 0, sampleEvery: 0 },
    backend: { threads: 1 },
    out: model,
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const suggestJson = async (words: readonly string[], input?: string) => {
  const line = ["suggest", model, ...words, "--json"];
  const { status, stdout, stderr } = await (input === undefined
    ? punchline(line)
    : punchlineProcess(line, { input }));
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
};

describe("suggest", () => {
  it("gives the suggestions of one text as a document", async () => {
    const { text, suggestions } = await suggestJson(["the old h", "-n", "2"]);
    expect(text).toBe("the old h");
    expect(Object.keys(suggestions)).toEqual(["next", "words", "continuations"]);
    expect(suggestions.next[0].text).toBe("e");
    expect(suggestions.words[0].text).toBe("en");
    for (const list of Object.values<{ text: string; probability: number }[]>(suggestions)) {
      expect(list.length).toBeLessThanOrEqual(2);
      for (const { probability } of list) expect(probability).toBeLessThanOrEqual(1);
    }
  });

  it("answers each line of its input, and an empty text", async () => {
    const { texts } = await suggestJson([], "the old h\n\nroad\n");
    expect(texts.map(({ text }: { text: string }) => text)).toEqual(["the old h", "", "road"]);
    const one = await suggestJson([], "the old h\n");
    expect(one).toEqual(texts[0]);
    const { stdout, status } = await punchlineProcess(["suggest", model], { input: "the old h\n" });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^the old h\n/);
    expect(stdout).toMatch(/words +"en" +\d+\.\d\d %/);
  });

  it("says which characters the vocabulary lacks, and answers for the rest", async () => {
    const { unread, suggestions } = await suggestJson(["🐔 the old h"]);
    expect(unread).toBe("🐔");
    expect(suggestions.words[0].text).toBe("en");
  });
});

const absent = spawnSync("tmux", ["-V"]).error ? " (skipped: tmux is not installed)" : "";

describe.skipIf(absent !== "")(`suggest in a terminal${absent}`, () => {
  const server = `punchline-test-${process.pid}`;
  const tmux = (...words: string[]) =>
    spawnSync("tmux", ["-L", server, ...words], { encoding: "utf8" }).stdout;
  const screen = () => tmux("capture-pane", "-p");
  afterAll(() => void tmux("kill-server"));

  async function until(pattern: RegExp): Promise<string> {
    for (let tries = 0; tries < 150; tries++) {
      if (pattern.test(screen())) return screen();
      await wait(100);
    }
    throw new Error(`The terminal never showed ${pattern}:\n${screen()}`);
  }

  it("completes what is typed, follows the window's size, and leaves the terminal as it was", async () => {
    const command = `NO_COLOR=1 '${process.execPath}' '${builtCli()}' suggest '${model}'; echo "[status $?]"; stty -a; cat`;
    tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", command);
    await until(/Tab or/);
    tmux("send-keys", "-l", "why did the old h");
    await until(/why did the old h\[en\]\s[\s\S]*> 1 hen +\d+ %/);
    tmux("send-keys", "Tab");
    await until(/why did the old hen(\[|\n)/);
    tmux("resize-window", "-x", "12", "-y", "16");
    const narrow = await until(/^why did the\nold hen/);
    expect(Math.max(...narrow.split("\n").map((line) => line.length))).toBeLessThanOrEqual(12);
    tmux("resize-window", "-x", "80", "-y", "40");
    tmux("send-keys", "BSpace", "BSpace");
    await until(/why did the old h\[en\]/);
    tmux("send-keys", "Tab", "C-c");
    const after = await until(/\[status 0\][\s\S]* icanon/);
    expect(after).toMatch(/^why did the old hen\n\[status 0\]/);
    expect(after).toMatch(/ icanon[\s\S]* echo /);
    expect(tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}").trim()).toBe("0 1");
  });
});
