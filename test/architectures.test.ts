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
    const onEvent = (event: ArchitecturesEvent) => {
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
    expect(failed).toEqual([{ model: "char-cnn", reason: expect.stringContaining("is a file") }]);
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
