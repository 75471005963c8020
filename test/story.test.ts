/** The story, told with models of a few steps: its page, and how it goes on when it is cut short. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UsageError } from "../src/core/errors.ts";
import { Random } from "../src/core/random.ts";
import type { StoryPlan } from "../src/story/plan.ts";
import { type StoryOptions, type StoryResult, tellStory } from "../src/story/story.ts";
import type { StoryEvent } from "../src/story/telling.ts";

const plan: StoryPlan = {
  characters: 0.01,
  layers: 1,
  pretraining: 0.01,
  finetuning: 0.01,
  control: true,
  masking: 0.01,
  written: 4,
  asked: 2,
  runs: 1,
  fullSize: false,
};
const titles = ["One character at a time", "Pieces of words: GPT-2", "New or remembered?", "GPT or BERT?"];

let folder = "";
let source = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "punchline-story-"));
  source = join(folder, "jokes.txt");
  const words =
    "cow duck bank horse bar goat shop mole park crab moon wasp sea toad hare lynx why did who knew".split(
      " ",
    );
  const random = new Random(7, "jokes");
  const word = (i: number) => words[Math.floor(random.uniform(i) * words.length)];
  const jokes = Array.from({ length: 80 }, (_, i) =>
    Array.from({ length: 5 + (i % 9) }, (_, k) => word(20 * i + k)).join(" "),
  );
  writeFileSync(source, `${jokes.join("\n")}\n`);
  process.env.HF_HUB_CACHE = join(folder, "no-models");
});
afterAll(() => {
  delete process.env.HF_HUB_CACHE;
  rmSync(folder, { recursive: true, force: true });
});

/** Tells the story in its place; what was trained is listed. */
async function told(name: string, options: StoryOptions = {}): Promise<StoryResult & Told> {
  const out = join(folder, `${name}.html`);
  const events: StoryEvent[] = [];
  const result = await tellStory({
    sources: [source],
    plan,
    folder: join(folder, name),
    out,
    ...options,
    onEvent(event, secondsLeft) {
      expect(secondsLeft).toBeGreaterThanOrEqual(0);
      events.push(event);
      options.onEvent?.(event, secondsLeft);
    },
  });
  const trained = events.flatMap((e) => (e.type === "training" && e.event.type === "start" ? [e.what] : []));
  const page = existsSync(out) ? parseHTML(readFileSync(out, "utf8")).document : undefined;
  return { ...result, events, trained, page };
}
interface Told {
  readonly events: readonly StoryEvent[];
  readonly trained: readonly string[];
  readonly page: Document | undefined;
}

const headings = (page: Document | undefined) =>
  [...(page?.querySelectorAll("section.chapter h2") ?? [])].map((h) => h.textContent);
const text = (page: Document | undefined) => page?.body.textContent?.replace(/\s+/g, " ") ?? "";

describe("the story", { timeout: 300_000 }, () => {
  test("writes one page of four chapters, cut short or not; what is done is not done again", async () => {
    const stop = new AbortController();
    const first = await told("whole", {
      signal: stop.signal,
      onEvent: (event) => event.type === "training" && event.what.includes("novel") && stop.abort(),
    });
    expect(first.stopped).toBe("interrupt");
    expect(first.trained[0]).toBe("the character model");
    expect(first.pending).toEqual(["gpt", "novelty", "compare"]);
    expect(headings(first.page)).toEqual(titles.slice(0, 1));
    expect(text(first.page)).toContain(`Still to come: ${titles.slice(1).join("; ")}.`);

    const second = await told("whole");
    expect(second.stopped).toBe("told");
    expect(second.pending).toEqual([]);
    expect(second.trained).toEqual([
      "the small GPT-2 on a novel",
      "GPT-2 on the jokes",
      "the small GPT-2 on jokes alone",
      "a small BERT",
    ]);
    expect(headings(second.page)).toEqual(titles);
    const { page } = second;
    expect([...page!.querySelectorAll("nav.contents a")].map((a) => a.textContent)).toEqual(titles);
    for (const figure of page!.querySelectorAll("figure.figure")) {
      expect(figure.querySelector("figcaption")!.textContent).toMatch(/Repeat it: punchline \w+/);
    }
    expect(text(page)).not.toContain("Still to come");
    expect(text(page)).toContain("This is not the published GPT-2.");
    expect([...page!.querySelectorAll(".short dt")].map((dt) => dt.textContent)).toEqual([
      "A character model",
      "GPT-2",
      "BERT",
      "Faster at reading?",
      "Faster at writing?",
      "Were the jokes stolen?",
    ]);
    const models = second.chapters.compare!.models.map(({ model }) => model);
    expect(models).toEqual(["the character model", "the small GPT-2", "the small BERT"]);
    // What stands right of the gap moves BERT alone.
    const moves = second.chapters.compare!.models.map((m) => m.right_context_effect);
    expect(moves.slice(0, 2)).toEqual([0, 0]);
    expect(moves[2]).toBeGreaterThan(0);

    // A chapter alone is told with the models that are there, and the page keeps the others.
    const third = await told("whole", { chapters: ["novelty"] });
    expect(third.trained).toEqual([]);
    expect(headings(third.page)).toEqual(titles);

    // Other models take away what was told of the old ones.
    const fourth = await told("whole", { chapters: ["characters"] });
    expect(fourth.trained).toEqual(["the character model"]);
    expect(headings(fourth.page)).toEqual(titles.slice(0, 2));
  });

  test("published models that lie in the cache take the place of those made here", async () => {
    const cache = process.env.HF_HUB_CACHE!;
    const publish = (run: string, name: string) => {
      const place = join(cache, `models--${name}`);
      cpSync(join(folder, "whole", run), join(place, "snapshots", "c0ffee"), { recursive: true });
      mkdirSync(join(place, "refs"));
      writeFileSync(join(place, "refs", "main"), "c0ffee");
    };
    publish("gpt-pretrained", "distilgpt2");
    publish("gpt", "gpt2");
    publish("bert", "bert-base-uncased");
    try {
      const { trained, page, chapters } = await told("published", { chapters: ["gpt", "compare"] });
      expect(trained).toEqual(["GPT-2 on the jokes"]);
      expect(headings(page)).toEqual([titles[1], titles[3]]);
      expect(text(page)).toContain("This is distilgpt2, with the weights that were published");
      expect(chapters.gpt!.commands.train).toMatch(/^punchline finetune distilgpt2 /);
      expect(chapters.compare!.models.map(({ model }) => model)).toEqual(["GPT-2", "BERT-base"]);
      expect(chapters.compare!.caveat).toBeUndefined();
    } finally {
      rmSync(cache, { recursive: true });
    }
  });

  test("a chapter alone trains the models that it needs", async () => {
    const { trained, page, pending } = await told("alone", { chapters: ["novelty"] });
    expect(trained).toEqual(["the character model", "the small GPT-2 on a novel", "GPT-2 on the jokes"]);
    expect(headings(page)).toEqual([titles[2]]);
    expect(pending).toEqual([]);
  });

  test("an unknown chapter is refused with the names of those there are", async () => {
    await expect(told("none", { chapters: ["novelti"] })).rejects.toThrow(UsageError);
    await expect(told("none", { chapters: ["novelti"] })).rejects.toThrow(/did you mean "novelty"/);
  });
});
