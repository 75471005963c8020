/** Architectures compared: the same texts and time, kept from one session to the next, and failures that stay alone. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type ArchitecturesEvent,
  type ArchitecturesOptions,
  compareArchitectures,
} from "../src/compare/architectures.ts";
import { prepareTexts } from "../src/data/prepare.ts";
import { evaluateTexts } from "../src/evaluate/likelihood.ts";
import { loadModel } from "../src/generate/load.ts";
import { temporaryFolder } from "./cli.ts";

const animals = ["hen", "fox", "toad", "crow", "goat", "mule", "swan", "wolf"];
const places = ["road", "barn", "hill", "pond", "wood"];
const texts = animals.flatMap((one) =>
  places.flatMap((place) =>
    animals.map(
      (other) => `Why did the ${one} leave the ${place}? To see the ${other} at ${place}${one}${other}.`,
    ),
  ),
);
const data = await prepareTexts([{ texts }], { nearDuplicates: false });

const settings = { minutes: 0.004, parameters: 8000, backend: { threads: 1 } };
const compare = (options: Omit<ArchitecturesOptions, "minutes">) =>
  compareArchitectures(data, { ...settings, ...options });

describe("architectures compared", () => {
  it("are judged alike, whatever their tokens", async () => {
    const folder = temporaryFolder();
    const { models, validation } = await compare({ out: folder, models: ["char-gru", "word-rnn"] });
    const held = data.splits.validation;
    expect(validation).toEqual({ texts: held.length, characters: `${held.join("\n")}\n`.length });
    for (const { model, run, bits_per_character, curve, bytes, unknown } of models) {
      const { bits_per_character: again, ...whole } = await evaluateTexts(await loadModel(run), held);
      expect(bits_per_character).toBeCloseTo(again, 3);
      expect(unknown).toBe(whole.unknown);
      // Words made of a place and two animals come once.
      expect(unknown > 0).toBe(model === "word-rnn");
      expect(bits_per_character).toBe(Math.min(...curve.map((point) => point.bits_per_character)));
      expect(bytes).toBe(readFileSync(join(run, "model.safetensors")).length);
      expect(curve.at(-1)!.seconds).toBeGreaterThanOrEqual(60 * settings.minutes);
    }
  });

  it("keep what is trained, and go on where they were stopped", async () => {
    const folder = temporaryFolder();
    const models = ["char-rnn", "char-lstm"];
    const stop = new AbortController();
    const begun: string[] = [];
    const plans: ArchitecturesEvent[] = [];
    const onEvent = (event: ArchitecturesEvent) => {
      if (event.type === "plan") plans.push(event);
      if (event.type === "model") begun.push(event.model);
      if (event.type === "training" && event.model === "char-lstm" && event.event.type === "log")
        stop.abort();
    };
    const first = await compare({ out: folder, models, onEvent, signal: stop.signal });
    expect(first.interrupted).toBe(true);
    expect(first.models.map(({ model }) => model)).toEqual(["char-rnn"]);
    const second = await compare({ out: folder, models, onEvent });
    expect(second.interrupted).toBe(false);
    expect(second.models.find(({ model }) => model === "char-rnn")).toEqual(first.models[0]);
    expect(begun).toEqual(["char-rnn", "char-lstm", "char-lstm"]);
    const each = 60 * settings.minutes;
    expect(plans).toEqual([
      { type: "plan", models: 2, kept: 0, seconds: 2 * each },
      { type: "plan", models: 2, kept: 1, seconds: each },
    ]);
    const { created } = JSON.parse(readFileSync(join(folder, "char-lstm/run.json"), "utf8"));
    expect(Date.parse(created)).toBeLessThan(Date.now());
    const log = readFileSync(join(folder, "char-lstm/log.jsonl"), "utf8").trim().split("\n");
    expect(JSON.parse(log[0]!).step).toBe(1);
    await expect(compare({ out: folder, models, seed: 7 })).rejects.toThrow(/seed 42, not 7/);
  });

  it("leave the others their results where one fails", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "char-cnn"), "a file where a folder should be");
    const { models, failed } = await compare({ out: folder, models: ["char-cnn", "char-rnn"] });
    expect(models.map(({ model }) => model)).toEqual(["char-rnn"]);
    expect(failed).toEqual([
      { model: "char-cnn", name: "char-cnn", reason: expect.stringContaining("is a file") },
    ]);
  });

  it("have a run for each size, and a table of all", async () => {
    const folder = temporaryFolder();
    const sizes = { models: ["char-rnn", "char-gru"], layers: [1, 2], width: [8] };
    const sized = (more: object) =>
      compareArchitectures(data, {
        minutes: 0.001,
        backend: settings.backend,
        out: folder,
        ...sizes,
        ...more,
      });
    const trainedNames = new Set<string>();
    const onEvent = (event: ArchitecturesEvent) => {
      if (event.type === "training") trainedNames.add(event.name);
    };
    const { models, grid } = await sized({ onEvent });
    expect([...trainedNames].sort()).toEqual(models.map(({ name }) => name).sort());
    expect(models.map(({ run }) => run).sort()).toEqual(
      ["char-gru-1x8", "char-gru-2x8", "char-rnn-1x8", "char-rnn-2x8"].map((name) => join(folder, name)),
    );
    for (const { run, name, model, options, bits_per_character } of models) {
      const { num_layers, hidden_size } = JSON.parse(readFileSync(join(run, "config.json"), "utf8"));
      expect(options).toEqual({ layers: num_layers, width: hidden_size });
      expect(name).toBe(`${model} ${num_layers}x${hidden_size}`);
      const row = grid!.rows.find((one) => one.model === model)!;
      const column = grid!.columns.findIndex((size) => size.layers === num_layers);
      expect(row.bits_per_character[column]).toBe(bits_per_character);
    }
    // What is trained is kept where more sizes are asked for.
    const more = await sized({ layers: [1, 2, 3], models: ["char-gru"] });
    expect(more.models.filter(({ name }) => name !== "char-gru 3x8")).toEqual(
      models.filter(({ model }) => model === "char-gru"),
    );
    expect(more.grid!.rows[0]!.bits_per_character).toHaveLength(3);
    await expect(sized({ parameters: 5000 })).rejects.toThrow("`width` gives the sizes");
  });

  it("must write, and need texts to be judged on", async () => {
    const folder = temporaryFolder();
    await expect(compare({ out: folder, models: ["bert"] })).rejects.toThrow(/fills masks/);
    const unjudged = await prepareTexts([{ texts }], { fractions: { validation: 0, test: 0 } });
    await expect(compareArchitectures(unjudged, { ...settings, out: folder })).rejects.toThrow(/validate/);
    const stopping = { ...settings, out: folder, stopWhen: () => true };
    await expect(compareArchitectures(unjudged, stopping)).rejects.toThrow("Unknown option `stopWhen`");
  });
});
