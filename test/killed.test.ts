/** One command line for a job that may be killed: it begins, goes on, or has nothing left to do, as the folder asks. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { Random } from "../src/core/random.ts";
import { runDemo } from "../src/demo/demo.ts";
import type { DemoPlan } from "../src/demo/plan.ts";
import { temporaryFolder } from "./cli.ts";
import { runHere } from "./cli-here.ts";
import { type KillPoint, killPoints } from "./kill-points.ts";
import { babble, contentsOf } from "./training-fixture.ts";

vi.setConfig({ testTimeout: 120_000 });

const tiny = "--batch-size 2 --seq-len 8 --validate-every 2 --log-every 1 --checkpoint-seconds 0".split(" ");
const begins = /^Nothing has begun in .* yet, so --resume begins the run\.$/m;

const words = "cow duck bank horse bar goat shop mole park crab moon wasp sea toad hare lynx why did".split(
  " ",
);

/** `count` of the points, spread over all of them. */
const some = (points: readonly KillPoint[], count: number): KillPoint[] =>
  Array.from({ length: count }, (_, i) => points[Math.floor((i * points.length) / count)]!);

function workplace(jokes = 60) {
  const cwd = temporaryFolder();
  const at = (name: string) => join(cwd, name);
  writeFileSync(at("babble.txt"), babble(1500));
  const random = new Random(7, "jokes");
  const word = (i: number) => words[Math.floor(random.uniform(i) * words.length)];
  const joke = (i: number) => Array.from({ length: 5 + (i % 4) }, (_, k) => word(20 * i + k)).join(" ");
  writeFileSync(at("jokes.txt"), Array.from({ length: jokes }, (_, i) => `${joke(i)}\n`).join(""));
  return { at };
}

describe("train --resume", () => {
  const { at } = { at: (folder: string, name: string) => join(folder, name) };
  const command = (text: string, out: string, ...more: string[]) => [
    ...["train", "--data", text, "--raw", "--out", out, "--width", "8", "--embedding", "4"],
    ...["--dropout", "0.1", "--steps", "4", "--snapshot-every", "2", ...tiny, "--resume", ...more],
  ];

  test("killed before any of its changes to a file, the same command ends with the same run", async () => {
    const place = workplace();
    const words = (out: string) => command(place.at("babble.txt"), out);
    let first: Awaited<ReturnType<typeof runHere>> | undefined;
    const points = await killPoints(place.at("whole"), async () => {
      first = await runHere(...words(place.at("whole")));
    });
    expect(first).toMatchObject({ status: 0, stderr: expect.stringMatching(begins) });
    const whole = await contentsOf(place.at("whole"));
    expect(points.length).toBeGreaterThan(25);
    expect(points.filter(({ folder }) => !existsSync(at(folder, "run.json"))).length).toBeGreaterThan(2);
    for (const { before, folder } of some(points, 12)) {
      const fresh = !existsSync(at(folder, "run.json"));
      const ran = await runHere(...words(folder));
      expect(ran, before).toMatchObject({ status: 0, errors: [] });
      expect(begins.test(ran.stderr), before).toBe(fresh);
      expect(await contentsOf(folder), before).toEqual(whole);
    }
    // Nothing is left to do.
    expect(await runHere(...words(place.at("whole")))).toMatchObject({ status: 0 });
    expect(await contentsOf(place.at("whole"))).toEqual(whole);
  });

  test("options that differ from what has begun are refused, also where no step was done", async () => {
    const place = workplace();
    const [text, out] = [place.at("babble.txt"), place.at("run")];
    const points = await killPoints(out, () => runHere(...command(text, out)));
    const early = points.find(({ folder }) => existsSync(at(folder, "run.json")))!.folder;
    expect(existsSync(at(early, "optimizer.safetensors"))).toBe(false);
    const ran = await runHere(...command(text, early, "--seed", "7"));
    expect(ran).toMatchObject({ status: 2, errors: [expect.stringMatching(/was begun with --seed 42/)] });
  });

  test("somebody else's folder is refused, and an empty one is begun in", async () => {
    const place = workplace();
    mkdirSync(place.at("other"));
    writeFileSync(place.at("other/model.safetensors"), "somebody's weights");
    const other = await runHere(...command(place.at("babble.txt"), place.at("other")));
    expect(other).toMatchObject({ status: 2, errors: [expect.stringMatching(/not a run of Punchline/)] });
    expect(readFileSync(place.at("other/model.safetensors"), "utf8")).toBe("somebody's weights");
    mkdirSync(place.at("empty"));
    const empty = await runHere(...command(place.at("babble.txt"), place.at("empty"), "--json"));
    expect(empty).toMatchObject({ status: 0, stderr: expect.stringMatching(begins) });
    expect(JSON.parse(empty.stdout)).toMatchObject({ steps: 4 });
  });
});

/** A GPT-2 in the folder `base`, to be trained further. */
async function trainBase(
  at: (name: string) => string,
  layers: number,
  ...more: readonly string[]
): Promise<void> {
  const sizes = `--model gpt2 --layers ${layers} --width 8 --heads 2 --context 16 --steps 2`.split(" ");
  const words = ["train", "--data", at("jokes.txt"), "--near", "off", "--out", at("base"), ...sizes, ...tiny];
  expect(await runHere(...words, ...more)).toMatchObject({ status: 0 });
}

describe("finetune --resume", () => {
  test.each([
    ["of all weights", []],
    ["of adapters", ["--lora", "--lora-rank", "2"]],
  ] as const)("%s, killed before any change to a file: the same run", async (_, adapting) => {
    const { at } = workplace();
    await trainBase(at, 2);
    const words = (out: string) => [
      ...["finetune", at("base"), "--data", at("jokes.txt"), "--out", out, "--steps", "3"],
      ...["--sample-every", "0", ...adapting, ...tiny, "--resume"],
    ];
    const points = await killPoints(at("whole"), () => runHere(...words(at("whole"))));
    const whole = await contentsOf(at("whole"));
    for (const { before, folder } of some(points, 6)) {
      expect(await runHere(...words(folder)), before).toMatchObject({ status: 0, errors: [] });
      expect(await contentsOf(folder), before).toEqual(whole);
    }
  });

  test("a base that has changed since is refused where the run has to begin again", async () => {
    const { at } = workplace();
    await trainBase(at, 1);
    const words = [
      "finetune",
      at("base"),
      "--data",
      at("jokes.txt"),
      "--near",
      "off",
      "--steps",
      "3",
      ...tiny,
    ];
    const points = await killPoints(at("run"), () => runHere(...words, "--out", at("run"), "--resume"));
    const early = points.find(({ folder }) => existsSync(join(folder, "run.json")))!.folder;
    rmSync(at("base"), { recursive: true });
    await trainBase(at, 1, "--seed", "9");
    expect(await runHere(...words, "--out", early, "--resume")).toMatchObject({
      status: 2,
      errors: [expect.stringMatching(/was begun from other weights than .*base has now/)],
    });
  });
});

test("compare-models, killed before any change to a file: the same command ends with every model", async () => {
  const { at } = workplace(300);
  const words = (out: string) => [
    ...["compare-models", at("jokes.txt"), "--validation", "0.2", "--minutes", "0.001"],
    ...["--models", "char-rnn,word-rnn", "--parameters", "1000", "--out", out, "--json"],
  ];
  const points = await killPoints(at("whole"), () => runHere(...words(at("whole"))));
  expect(points.length).toBeGreaterThan(30);
  for (const { before, folder } of some(points, 3)) {
    const ran = await runHere(...words(folder));
    expect(ran, before).toMatchObject({ status: 0, errors: [] });
    const { models, failed, interrupted } = JSON.parse(ran.stdout);
    expect({ failed, interrupted }, before).toEqual({ failed: [], interrupted: false });
    expect(models.map(({ model }: { model: string }) => model).sort(), before).toEqual([
      "char-rnn",
      "word-rnn",
    ]);
    expect(existsSync(join(folder, "report.html")), before).toBe(true);
  }
});

describe("demo", () => {
  const plan: DemoPlan = {
    cityEpochs: 1,
    cities: 0.002,
    characters: 0.002,
    finetuning: 0.002,
    written: 2,
    asked: 1,
    runs: 1,
    sweep: false,
    fullSize: 0,
  };

  test("killed before any change to a file: told again, it is told to its end", async () => {
    const { at } = workplace();
    const tell = (folder: string, seed = 1) =>
      runDemo({
        sources: [at("jokes.txt")],
        chapters: ["characters"],
        plan,
        seed,
        folder,
        out: at("page.html"),
      });
    const points = await killPoints(at("whole"), () => tell(at("whole")));
    expect(points.length).toBeGreaterThan(15);
    for (const { before, folder } of some(points, 3)) {
      const result = await tell(folder);
      expect(result, before).toMatchObject({ stopped: "told", pending: [] });
    }
    // Other settings clear away what was told with these; a kill meanwhile leaves nothing that passes for theirs.
    const again = await killPoints(at("whole"), () => tell(at("whole"), 2));
    for (const { before, folder } of some(again, 3)) {
      const result = await runDemo({
        sources: [at("jokes.txt")],
        chapters: ["novelty"],
        plan,
        seed: 2,
        folder,
        out: at("page.html"),
        signal: AbortSignal.abort(),
      });
      expect(Object.keys(result.chapters), before).toEqual([]);
    }
  });
});
