/** docs/run-folder.md has every file and field of a real run, and of the document of every command. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { registry } from "../src/cli/registry.ts";
import { punchline as punchlineProcess } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import { firstColumn, readPage } from "./markdown.ts";

const page = readPage("docs/run-folder.md");
const documented = (heading: string) => [...firstColumn(page.section(heading))].sort();
const fields = (json: string) => Object.keys(JSON.parse(json) as object).sort();

let folder = "";
const run = () => join(folder, "a");
const read = (name: string) => readFileSync(join(run(), name), "utf8");
const documents = new Map<string, string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "punchline-fields-"));
  const sizes = ["--width", "16", "--batch-size", "4", "--seq-len", "16", "--validation-tokens", "500"];
  const commands: Readonly<Record<string, readonly string[]>> = {
    demo: ["--chapter", "characters", "--minutes", "0.01"],
    data: ["one-liners", "--audit", "--show-windows", "1"],
    train: ["--out", "a", "--steps", "4", "--snapshot-every", "2", ...sizes],
    finetune: ["a", "--out", "b", "--steps", "4", ...sizes.slice(2)],
    sample: ["a", "--novel", "--check"],
    eval: ["a"],
    novelty: ["a", "-n", "2", "--asked", "2", "--checkpoints"],
    suggest: ["a", "Why"],
    compare: ["a", "b", "--runs", "1"],
    report: ["a", "b", "-n", "20", "--max-length", "20"],
    "compare-models": [
      "one-liners",
      ...["--models", "char-rnn", "--minutes", "0.001", "--parameters", "5000", "--out", "c"],
    ],
  };
  for (const [name, words] of Object.entries(commands)) {
    // `compare` measures memory in processes of the build.
    const run = name === "compare" ? punchlineProcess : punchline;
    const ran = await run([name, ...words, "--json"], { cwd: folder });
    expect(ran.status, ran.stderr).toBe(0);
    documents.set(name, ran.stdout);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("names the files of a run", () => {
  const optional = ["novelty.index", "checkpoints"];
  const made = readdirSync(run()).filter((name) => !optional.includes(name));
  expect(documented("A run is a folder")).toEqual(made.sort());
  for (const name of optional) expect(existsSync(join(run(), name))).toBe(true);
});

it("names the fields of run.json", () => {
  const finetuned = readFileSync(join(folder, "b/run.json"), "utf8");
  // Of a run that goes on with an adapter.
  const further = ["adapter", "adapterFingerprint"];
  const made = new Set([...fields(read("run.json")), ...fields(finetuned), ...further]);
  expect(documented("Fields of run.json")).toEqual([...made].sort());
});

it("names the fields of log.jsonl", () => {
  const rows = read("log.jsonl").trim().split("\n");
  expect(documented("Fields of log.jsonl")).toEqual([...new Set(rows.flatMap(fields))].sort());
});

describe("documents", () => {
  it.each([
    "demo",
    "data",
    "train",
    "sample",
    "eval",
    "novelty",
    "suggest",
    "compare",
    "report",
    "compare-models",
  ])("of punchline %s", (name) => {
    expect(documented(`Document of punchline ${name}`)).toEqual(fields(documents.get(name)!));
  });

  it("have windows", () => {
    const { windows } = JSON.parse(documents.get("data")!) as { windows: readonly object[] };
    expect(documented("Windows")).toEqual(fields(JSON.stringify(windows[0])));
  });

  it("have audited texts", () => {
    const { samples } = JSON.parse(documents.get("sample")!) as { samples: readonly { check: object }[] };
    const always = fields(JSON.stringify(samples[0]!.check));
    const sometimes = ["copy_kind", "part", "place", "prompt"];
    expect(documented("Audited texts")).toEqual([...new Set([...always, ...sometimes])].sort());
  });

  it("of punchline finetune is that of train", () => {
    expect(fields(documents.get("finetune")!)).toEqual(fields(documents.get("train")!));
  });

  it("of every command are there", () => {
    const missing = registry
      .map(({ name }) => `Document of punchline ${name}`)
      .filter((heading) => !page.headings.includes(heading));
    expect(missing).toEqual([]);
  });
});
