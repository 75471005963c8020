/**
 * Run folders that 0.1.0 wrote open, sample, evaluate and go on as 0.1.0 itself has them.
 *
 * fixtures/runs-0.1.0 has a run of each kind after 6 steps on tales.txt, what 0.1.0 sampled from it (seed 3, at most 12
 * tokens), and the parameters in its checkpoint after `punchline train --resume --steps 10` with 0.1.0.
 */
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { evaluateTexts } from "../src/evaluate/likelihood.ts";
import { loadModel } from "../src/generate/load.ts";
import { openSafetensors } from "../src/hub/safetensors-file.ts";
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
