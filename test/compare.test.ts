/** GPT against BERT on tiny models of random weights: what is predicted, what sees what, and who survives whom. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareModels } from "../src/compare/compare.ts";
import type { Comparison } from "../src/compare/results.ts";
import { candidatesOf, fillMasks } from "../src/generate/fill.ts";
import { loadModel } from "../src/generate/load.ts";
import { comparePage } from "../src/report/pages/compare.ts";
import { type ComparedFolders, causalText, comparedFolders, text } from "./compare-fixture.ts";
import { forward, loadFolder, rows } from "./transformers.ts";

let scratch: string;
let folders: ComparedFolders["folders"];
let release: () => void;
beforeAll(async () => {
  ({ scratch, folders, release } = await comparedFolders());
});
afterAll(() => release());

describe("compareModels", () => {
  let comparison: Comparison;
  beforeAll(async () => {
    comparison = await compareModels([folders.gpt, folders.bert], { text, topK: 4, runs: 3, threads: 1 });
  });

  it("gives the document of the command", () => {
    expect(comparison.failed).toEqual([]);
    expect(comparison.models.map(({ model, kind }) => [model, kind])).toEqual([
      [folders.gpt, "causal"],
      [folders.bert, "masked"],
    ]);
    for (const { predictions, speed, parameters, facts } of comparison.models) {
      expect(parameters).toBeGreaterThan(facts!.parameters_without_embeddings);
      expect(predictions).toHaveLength(4);
      predictions.forEach(({ token, probability }, i) => {
        expect(token).toBeTypeOf("string");
        expect(probability).toBeGreaterThan(0);
        expect(probability).toBeLessThanOrEqual(predictions[i - 1]?.probability ?? 1);
      });
      expect(new Set(speed.map((s) => s.case)).size).toBe(speed.length);
      for (const { p50_ms, p95_ms, p99_ms, tokens_per_s } of speed) {
        expect(p50_ms).toBeLessThanOrEqual(p95_ms);
        expect(p95_ms).toBeLessThanOrEqual(p99_ms);
        expect(tokens_per_s).toBeGreaterThan(0);
      }
    }
    const cases = comparison.models.map(({ speed }) => speed.map((s) => s.case));
    expect(cases[0]).toEqual(
      expect.arrayContaining(["read the text", "next token, cached", "next token, anew"]),
    );
    expect(cases[1]).toEqual(expect.arrayContaining(["read the text", "fill one blank"]));
    expect(cases[1]).not.toContain("next token, cached");
    expect(comparison.answers.map(({ sense }) => sense)).toEqual(
      expect.arrayContaining(["Reading", "Filling a blank", "Writing"]),
    );
  });

  it("runs all models on the device that the first is faster on", async () => {
    const names = [join(scratch, "absent"), folders.bert, folders.gpt];
    const found = await compareModels(names, { text, topK: 4, runs: 0, threads: 1, device: "auto" });
    expect(found.failed.map(({ model }) => model)).toEqual(names.slice(0, 1));
    // Without a graphics card, and with one that is slower, it is the CPU.
    expect(found.protocol).toMatch(/ on (cpu|webgpu), fp32/);
    const tokens = (of: Comparison) =>
      of.models.map(({ predictions }) => predictions.map(({ token }) => token));
    expect(tokens(found)).toEqual(tokens(comparison).reverse());
  });

  it("predicts what the models predict when they are asked plainly", async () => {
    const [gpt, bert] = comparison.models;
    const lm = await loadModel(folders.gpt);
    const ids = lm.tokenizer.encode(causalText);
    const { model, weights } = await loadFolder(folders.gpt);
    const { logits } = await forward(model, weights, { ids: rows([[...ids]]) });
    const width = logits.shape[1]!;
    const plain = candidatesOf(logits.data.subarray(-width), 4, (id) => lm.tokenizer.decode([id]));
    gpt!.predictions.forEach(({ token, probability }, i) => {
      expect(token).toBe(plain[i]!.token);
      expect(probability).toBeCloseTo(plain[i]!.probability, 5);
    });
    const filled = await fillMasks(await loadModel(folders.bert), text, { topK: 4 });
    bert!.predictions.forEach(({ token, probability }, i) => {
      expect(token).toBe(filled.masks[0]![i]!.token);
      expect(probability).toBeCloseTo(filled.masks[0]![i]!.probability, 5);
    });
  });

  it("finds that words right of the blank move BERT's prediction and leave GPT's where it is", () => {
    const [gpt, bert] = comparison.models;
    expect(gpt!.right_context_effect).toBe(0);
    expect(bert!.right_context_effect).toBeGreaterThan(0.001);
    expect(bert!.right_context_effect).toBeLessThanOrEqual(1);
  });

  it("has each go on with the text", () => {
    const [gpt, bert] = comparison.models;
    expect(gpt!.writing!.text.startsWith(causalText)).toBe(true);
    expect(bert!.writing!.text).not.toContain("[MASK]");
    expect(bert!.writing!.text.length).toBeGreaterThan(causalText.length);
  });

  it("counts the operations of a token from the configuration", () => {
    const [gpt, bert] = comparison.models;
    // Two layers of 12 · 16² weights and 13 · 16 biases and gains, and the last norm.
    const inner = 2 * (12 * 16 * 16 + 13 * 16) + 2 * 16;
    expect(gpt!.facts!.parameters_without_embeddings).toBe(inner);
    expect(gpt!.facts!.flops_per_token).toBe(2 * inner + (4 * 2 * 16 * (gpt!.tokens! + 1)) / 2);
    const weights = bert!.facts!.parameters_without_embeddings;
    expect(bert!.facts!.flops_per_token).toBe(2 * weights + 4 * 2 * 16 * bert!.tokens!);
  });

  it("draws a page", async () => {
    const page = join(scratch, "page.html");
    await comparePage(page, "punchline compare a b", comparison);
    const html = readFileSync(page, "utf8");
    expect(html).toContain("Which is faster?");
    expect(html).toContain("total variation distance");
  });
});

describe("models of unlike kinds", () => {
  it("compares what can be and says what cannot", async () => {
    const { models, failed } = await compareModels([folders.lstm, folders.window, folders.bert], {
      text,
      runs: 1,
      sweep: true,
    });
    expect(failed).toEqual([]);
    const [lstm, window] = models;
    expect(models.map(({ kind }) => kind)).toEqual(["recurrent", "window", "masked"]);
    expect(lstm!.right_context_effect).toBe(0);
    expect(window!.right_context_effect).toBeUndefined();
    expect(lstm!.notes.join()).toMatch(/state/);
    expect(window!.notes.join()).toMatch(/never gets to see/);
    expect(lstm!.speed.map((s) => s.case)).not.toContain("next token, anew");
    expect(window!.speed.map((s) => s.case)).not.toContain("next token, cached");
  });
});

describe("bad input", () => {
  it("keeps the results of the others where a model fails", async () => {
    const { models, failed } = await compareModels([folders.broken, folders.gpt], { text, runs: 1 });
    expect(models.map(({ model }) => model)).toEqual([folders.gpt]);
    expect(models[0]!.predictions.length).toBeGreaterThan(0);
    expect(failed).toEqual([{ model: folders.broken, reason: expect.stringContaining("safetensors") }]);
  });

  it("fails where all models fail", async () => {
    await expect(compareModels([folders.broken], { text, runs: 1 })).rejects.toThrow(/safetensors/);
  });

  it("puts the blank at the end of an unfinished text, and refuses a finished one for masked models alone", async () => {
    const open = await compareModels([folders.bert], { text: "the fox was in the", runs: 1 });
    expect(open.models[0]!.text).toBe("the fox was in the [MASK].");
    const closed = await compareModels([folders.gpt, folders.bert], { text: "the fox was hungry.", runs: 1 });
    expect(closed.models.map(({ kind }) => kind)).toEqual(["causal"]);
    expect(closed.failed[0]!.reason).toMatch(/without one; write \[MASK\]/);
  });

  it("repairs typographic quotes and refuses several blanks", async () => {
    const quoted = await compareModels([folders.bert], { text: "the “fox” was in the ___.", runs: 1 });
    expect(quoted.models[0]!.text).toBe('the "fox" was in the [MASK].');
    await expect(compareModels([folders.bert], { text: "[MASK] [MASK]" })).rejects.toThrow(/2 blanks/);
  });

  it("reads the last part of a text beyond the context, or what lies around the blank, and says so", async () => {
    const long = `${"the music played . ".repeat(30)}the fox had to jump high in the [MASK]${" . the ship turned".repeat(30)}.`;
    const { models, failed } = await compareModels([folders.gpt, folders.bert], {
      text: long,
      runs: 1,
      topK: 3,
    });
    expect(failed).toEqual([]);
    const [gpt, bert] = models;
    for (const { notes, tokens, right_context_effect } of models) {
      expect(notes.join(" ")).toMatch(
        /The text has \d+ tokens and .* sees at most 64 at once: it reads \d+ of them/,
      );
      expect(notes.join(" ")).not.toMatch(/failed/);
      expect(tokens).toBeLessThanOrEqual(64);
      expect(right_context_effect).toBeDefined();
    }
    // What was left out plays no part: the same blank in a text that is cut to that length by hand.
    const lm = await loadModel(folders.gpt);
    const left = long.slice(0, long.indexOf(" [MASK]"));
    const kept = lm.tokenizer.encode(left).slice(-gpt!.tokens!);
    const { model, weights } = await loadFolder(folders.gpt);
    const { logits } = await forward(model, weights, { ids: rows([[...kept]]) });
    const plain = candidatesOf(logits.data.subarray(-logits.shape[1]!), 3, (id) => lm.tokenizer.decode([id]));
    expect(gpt!.predictions.map(({ token }) => token)).toEqual(plain.map(({ token }) => token));
    for (const { attention } of models.slice(0, 1)) expect(attention!.tokens.length).toBeLessThanOrEqual(64);
    const filled = await fillMasks(await loadModel(folders.bert), long, { topK: 3 });
    expect(filled.note).toMatch(/those around the blank/);
    expect(filled.text.split(" ").length).toBeGreaterThan(180);
    expect(filled.masks[0]).toHaveLength(3);
    expect(bert!.predictions).toHaveLength(3);
  });

  it("gives each kind of model the text of a pair that is for it, whatever their order", async () => {
    const own = "The ship turned and played in the";
    for (const pair of [
      [own, text],
      [text, own],
    ]) {
      const { models } = await compareModels([folders.gpt, folders.bert], { text: pair, runs: 0 });
      expect(models.map((m) => m.text)).toEqual([own, text]);
    }
    await expect(compareModels([folders.gpt], { text: [own, own] })).rejects.toThrow(/one has a \[MASK\]/);
    await expect(compareModels([folders.gpt], { text: [text, own, own] })).rejects.toThrow(
      /one has a \[MASK\]/,
    );
  });

  it("tells one model apart from itself, and stops measuring where it is told to", async () => {
    const stop = new AbortController();
    const { models, protocol } = await compareModels([folders.gpt, folders.gpt], {
      text,
      runs: 10_000,
      signal: stop.signal,
      onProgress: (stage, done) => void (stage === "timing" && done > 0.0003 && stop.abort()),
    });
    expect(new Set(models.map(({ model }) => model)).size).toBe(2);
    expect(models[1]!.speed.length).toBeGreaterThan(0);
    expect(protocol).toMatch(/interrupted/);
  });
});
