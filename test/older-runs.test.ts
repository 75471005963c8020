/**
 * Run folders that 0.1.0 wrote open, sample, evaluate and go on as 0.1.0 itself has them.
 *
 * fixtures/runs-0.1.0 has a run of each kind after 6 steps on tales.txt, what 0.1.0 sampled from it (seed 3, at most 12
 * tokens), and the parameters in its checkpoint after `punchline train --resume --steps 10` with 0.1.0.
 */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { optionsOfRecord } from "../src/cli/options/record-options.ts";
import { evaluateTexts } from "../src/evaluate/likelihood.ts";
import { loadModel } from "../src/generate/load.ts";
import { openSafetensors } from "../src/hub/safetensors-file.ts";
import { prepareLike } from "../src/train/run-data.ts";
import { temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";

const fixtures = join(import.meta.dirname, "fixtures/runs-0.1.0");
const samples: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(fixtures, "samples.json"), "utf8"),
);

async function tensorsOf(file: string): Promise<Record<string, number[]>> {
  const source = await openSafetensors(file);
  const tensors: Record<string, number[]> = {};
  for (const [name, { shape }] of source.tensors) {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    await source.read(name, data);
    tensors[name] = [...data];
  }
  await source.close();
  return tensors;
}

describe.each(Object.keys(samples))("a %s of 0.1.0", (name) => {
  const copied = () => {
    const cwd = temporaryFolder();
    cpSync(join(fixtures, name), join(cwd, "run"), { recursive: true });
    cpSync(join(fixtures, "tales.txt"), join(cwd, "tales.txt"));
    return cwd;
  };

  it("writes what it wrote, and predicts", async () => {
    const words = ["sample", "run", "--seed", "3", "--max-length", "12", "--json"];
    const ran = await punchline(words, { cwd: copied() });
    expect(ran.status, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout).samples[0].text).toBe(samples[name]);
    const lm = await loadModel(join(fixtures, name));
    const tales = readFileSync(join(fixtures, "tales.txt"), "utf8").trimEnd().split("\n");
    const { loss, tokens } = await evaluateTexts(lm, tales.slice(0, 9));
    expect(tokens).toBeGreaterThan(90);
    expect(loss).toBeLessThan(Math.log(lm.tokenizer.size) + 0.1);
  });

  it("goes on to the weights that 0.1.0 goes on to", async () => {
    const cwd = copied();
    const ran = await punchline(["train", "--out", "run", "--resume", "--steps", "10"], { cwd });
    expect(ran.status, ran.stderr).toBe(0);
    const found = await tensorsOf(join(cwd, "run/optimizer.safetensors"));
    const expected = await tensorsOf(join(fixtures, `${name}.resumed.safetensors`));
    const before = await tensorsOf(join(fixtures, name, "optimizer.safetensors"));
    const parameters = Object.keys(found).filter((tensor) => tensor.startsWith("parameters."));
    expect(parameters.sort()).toEqual(Object.keys(expected).sort());
    let moved = 0;
    for (const [tensor, values] of Object.entries(expected)) {
      values.forEach((value, i) => {
        // Bit for bit on the machine that wrote them; another may add up in another order.
        expect(Math.abs(found[tensor]![i]! - value), tensor).toBeLessThan(1e-5);
        moved = Math.max(moved, Math.abs(value - before[tensor]![i]!));
      });
    }
    expect(moved).toBeGreaterThan(1e-4);
  });
});

describe("a run of 0.1.0 on the built-in jokes", () => {
  /** Of the 2,393 jokes that 0.1.0 prepares: all but those that attack a group of people. */
  const fingerprint = "a013319561e549474cf6cbb8d47a114e";
  const runOn = (record: object) => {
    const run = join(temporaryFolder(), "run");
    cpSync(join(fixtures, "char-rnn"), run, { recursive: true });
    const path = join(run, "run.json");
    const changed = {
      ...JSON.parse(readFileSync(path, "utf8")),
      sources: ["one-liners"],
      data: {},
      ...record,
    };
    writeFileSync(path, JSON.stringify(changed));
    return run;
  };

  it("is read with the jokes that it had", async () => {
    const data = await prepareLike(runOn({}));
    expect(data.fingerprint).toBe(fingerprint);
    expect(data.summary.rows_out).toBe(2393);
  });

  it("is repeated with these by its record", async () => {
    const optionsIn = (run: string) =>
      optionsOfRecord(readFileSync(join(run, "run.json"), "utf8"), "run.json", "train", {});
    expect(await optionsIn(runOn({}))).toMatchObject({ data: ["one-liners"], includeAttacks: false });
    for (const run of [runOn({ jokes: "classroom" }), join(fixtures, "char-rnn")])
      expect(await optionsIn(run)).not.toHaveProperty("includeAttacks");
  });

  it("is told from a run that says which jokes it has", async () => {
    const classroom = await prepareLike(runOn({ jokes: "classroom" }));
    expect(classroom.summary.dropped.not_for_a_classroom).toBeGreaterThan(400);
    expect((await prepareLike(runOn({ jokes: "without-attacks" }))).fingerprint).toBe(fingerprint);
    for (const record of [{ jokes: "all" }, { data: { includeAttacks: true } }])
      expect((await prepareLike(runOn(record))).summary.rows_out).toBeGreaterThan(2500);
  });
});
