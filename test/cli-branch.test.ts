/** `punchline train --init-from`: a new run from the weights of another, which stays as it is. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLocal } from "../src/generate/open.ts";
import { temporaryFolder } from "./cli.ts";
import { runHere as run } from "./cli-here.ts";
import { babble, contentsOf } from "./training-fixture.ts";

const sizes = "--width 12 --embedding 6 --dropout 0 --batch-size 4 --seq-len 8".split(" ");

const lossesOf = (folder: string) =>
  readFileSync(join(folder, "log.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { step: number; loss: number; val_loss?: number });

test("goes on from the weights with other settings, and resumes to the bit", async () => {
  const cwd = temporaryFolder();
  const a = join(cwd, "a");
  writeFileSync(join(cwd, "babble.txt"), babble(4000));
  const begun = await run(
    ..."train --raw --steps 60 --validate-every 20 --snapshot-every 30 --log-every 1 --learning-rate 0.01".split(
      " ",
    ),
    ...["--data", join(cwd, "babble.txt"), "--out", a, ...sizes],
  );
  expect(begun.errors).toEqual([]);
  const before = await contentsOf(a);
  const branch = (out: string, ...more: readonly string[]) => {
    const from = more.includes("--init-from") ? [] : ["--init-from", a];
    return run("train", ...from, "--out", join(cwd, out), "--json", ...more);
  };

  // With a rate of nearly nothing the model stays what it was: the validation says that its weights are those.
  const still = await branch("still", "--learning-rate", "1e-12", "--steps", "1", "--validate-every", "1");
  expect(still.errors).toEqual([]);
  const offered = Math.min(...lossesOf(a).flatMap(({ val_loss }) => val_loss ?? []));
  expect(JSON.parse(still.stdout).val_loss).toBeCloseTo(offered, 5);
  const record = JSON.parse(readFileSync(join(cwd, "still/run.json"), "utf8"));
  expect(record).toMatchObject({
    base: a,
    sources: [join(cwd, "babble.txt")],
    kind: "text",
    train: { batchSize: 4, seqLen: 8, learningRate: 1e-12, steps: 1 },
  });

  const early = await branch("early", "--init-from", join(a, "checkpoints/step-30"), "--steps", "4");
  expect(early.errors).toEqual([]);
  const lm = await openLocal(join(a, "checkpoints/step-30"));
  expect(lossesOf(join(cwd, "early"))[0]!.loss).toBeLessThan(lossesOf(a)[0]!.loss - 0.1);
  expect(lm.model.config.vocab_size).toBe((await openLocal(join(cwd, "early"))).model.config.vocab_size);

  const whole = await branch("whole", "--steps", "8", "--optimizer", "sgd");
  const part = await branch("part", "--steps", "5", "--optimizer", "sgd", "--schedule", "constant");
  expect([whole.errors, part.errors]).toEqual([[], []]);
  const goOn = await branch("part", "--resume", "--steps", "8");
  expect(goOn.errors).toEqual([]);
  const constant = await branch("constant", "--steps", "8", "--optimizer", "sgd", "--schedule", "constant");
  expect(constant.errors).toEqual([]);
  const weightsOf = (out: string) => readFileSync(join(cwd, out, "model.safetensors"));
  expect(weightsOf("part").equals(weightsOf("constant"))).toBe(true);
  expect(weightsOf("part").equals(weightsOf("whole"))).toBe(false);
  expect(await contentsOf(a)).toEqual(before);

  const refusals: readonly (readonly [words: readonly string[], RegExp, number])[] = [
    [["--out", "x", "--width", "24"], /has --width 12, and its weights do not fit 24; leave --width out/, 2],
    [["--out", "x", "--model", "char-gru"], /is a char-lstm, and its weights do not fit a char-gru/, 2],
    [["--out", "part", "--resume", "--init-from", "runs/b"], /part was begun from .*a, not from runs\/b/, 2],
    [["--out", "a", "--resume"], /a was begun with new weights, not from/, 2],
    [["--out", "x", "--init-from", cwd], /is no run of Punchline, nor weights that one has kept/, 1],
    [
      ["--out", "x", "--init-from", join(a, "checkpoints/step-31")],
      /no model\.safetensors|does not exist/,
      1,
    ],
    [["--out", "x", "--init-from", join(a, "nothing")], /is no run of Punchline/, 1],
  ];
  for (const [[, out, ...more], message, status] of refusals) {
    const ran = await branch(out!, ...more);
    expect(ran, more.join(" ")).toMatchObject({ status, errors: [expect.stringMatching(message)] });
  }
  cpSync(a, join(cwd, "copy"), { recursive: true });
  expect((await branch("again", "--init-from", join(cwd, "copy"), "--steps", "1")).errors).toEqual([]);
}, 240_000);
