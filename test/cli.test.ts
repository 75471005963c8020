/** The frame of the command line: words, statuses, sentences, the purity of standard output. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { groups, registry } from "../src/cli/registry.ts";
import { runCli } from "../src/cli/run.ts";
import { runHere } from "./cli-here.ts";
import { toys } from "./fixtures/toy-cli.ts";

/** Runs the toys in this process. */
async function toy(words: readonly string[], env: NodeJS.ProcessEnv = {}, columns?: number) {
  let stdout = "";
  let stderr = "";
  const status = await runCli(words, {
    stdout: { write: (text) => (stdout += text), isTTY: columns !== undefined, columns },
    stderr: { write: (text) => (stderr += text) },
    env,
    registry: toys,
  });
  return { status, stdout, stderr };
}

describe("words", () => {
  test("options arrive typed, with their defaults", async () => {
    const { status, stdout } = await toy(["speak", "a", "b", "--json"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      args: { source: ["a", "b"] },
      options: {
        topK: 40,
        temperature: 1,
        dedupe: 0.8,
        model: "char-lstm",
        stop: [],
        loud: false,
        cache: true,
      },
    });
  });

  test("options arrive as given: short, joined by =, repeated, switched off", async () => {
    const words = "speak a -k 3 --temperature=.5 --dedupe off --stop x --stop y --loud --no-cache --json";
    const { stdout } = await toy(words.split(" "));
    expect(JSON.parse(stdout).options).toMatchObject({
      topK: 3,
      temperature: 0.5,
      dedupe: "off",
      stop: ["x", "y"],
      loud: true,
      cache: false,
    });
  });

  test("--json may stand before the command, and -- ends the options", async () => {
    const { stdout } = await toy(["--json", "speak", "--", "--loud"]);
    expect(JSON.parse(stdout).args).toEqual({ source: ["--loud"] });
  });

  test.each([
    ["speek", 'Unknown command "speek"; did you mean "speak"?'],
    ["zzzzzzzz", 'Unknown command "zzzzzzzz"; known are: speak, fail, flood, wait.'],
    ["", 'A command is needed; see "punchline --help".'],
    ["--loud speak", "Unknown option --loud; options of a command follow its name."],
    ["speak", '"punchline speak" needs SOURCE; see "punchline speak --help".'],
    ["speak a --tempratur 1", 'Unknown option --tempratur; did you mean "--temperature"?'],
    ["speak a --no-cash", 'Unknown option --no-cash; did you mean "--no-cache"?'],
    ["speak a --zzzzzzzz=1", 'Unknown option --zzzzzzzz; see "punchline speak --help".'],
    ["speak a --top-k", '--top-k needs a value; see "punchline speak --help".'],
    ["speak a --top-k 0", '--top-k must be a whole number at least 1, not "0".'],
    ["speak a --top-k 1.5", '--top-k must be a whole number at least 1, not "1.5".'],
    ["speak a --temperature 0", '--temperature must be a number above 0 and at most 5, not "0".'],
    ["speak a --temperature NaN", '--temperature must be a number above 0 and at most 5, not "NaN".'],
    ["speak a --max-minutes -3", '--max-minutes must be a number of minutes above 0, not "-3".'],
    ["speak a --dedupe on", '--dedupe must be a number from 0 to 1 or "off", not "on".'],
    ["speak a --model char-lstn", '--model has no choice "char-lstn"; did you mean "char-lstm"?'],
    ["fail input x y", '"punchline fail" takes 2 arguments but got more; quote words that belong together.'],
  ])("%j is wrong usage", async (words, sentence) => {
    const ran = await toy(words.split(" ").filter(Boolean));
    expect(ran).toEqual({ status: 2, stdout: "", stderr: `error: ${sentence}\n` });
  });
});

describe("failures", () => {
  test("an error of Punchline is one sentence and status 1", async () => {
    const { status, stderr } = await toy(["fail", "input"]);
    expect(status).toBe(1);
    expect(stderr).toBe("error: jokes.csv, line 3: a quote is never closed; close it.\n");
  });

  test("an error of the system names the path and says what to do", async () => {
    const { status, stderr } = await toy(["fail", "system"]);
    expect(status).toBe(1);
    expect(stderr).toBe('error: "missing.csv": there is no such file or folder; check the path (ENOENT).\n');
  });

  test("an unexpected error is called a bug, with a trace only under DEBUG", async () => {
    const plain = await toy(["fail", "bug"]);
    expect(plain.status).toBe(1);
    expect(plain.stderr).toMatch(/^error: TypeError: x is not a function\. This is a bug.*DEBUG=1\.\n$/);
    const traced = await toy(["fail", "bug"], { DEBUG: "1" });
    expect(traced.stderr).toMatch(/toy-cli\.ts:\d+/);
  });

  test("with --json standard output stays empty", async () => {
    expect(await toy(["fail", "input", "--json"])).toMatchObject({ status: 1, stdout: "" });
    expect(await toy(["speak", "a", "--json", "--top-k", "x"])).toMatchObject({ status: 2, stdout: "" });
  });

  test("a command that forgets its document is a bug", async () => {
    const { status, stderr } = await toy(["fail", "silent"]);
    expect(status).toBe(1);
    expect(stderr).toContain("without its JSON document");
  });
});

describe("help", () => {
  const helps = ["--help", "speak --help", "help speak", "speak a -h", "help"];

  test.each(helps)("%j fits 80 columns", async (words) => {
    const { status, stdout, stderr } = await toy(words.split(" "));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("of a command shows arguments, ranges, units, defaults and examples", async () => {
    const { stdout } = await toy(["speak", "--help"]);
    expect(stdout).toMatch(/^The toy speak\.\n\nUsage {2}punchline speak SOURCE\.\.\. \[options\]\n/);
    expect(stdout).toMatch(/ -k, --top-k N +How many \(at least 1; default: 40\)/);
    expect(stdout).toMatch(/ --max-minutes N +How long \(minutes; above 0\)/);
    expect(stdout).toMatch(/ --no-cache +Compute everything anew\n/);
    expect(stdout).toMatch(
      / --model NAME +Which one \(char-rnn, char-gru, char-lstm;\n +default: char-lstm\)/,
    );
    expect(stdout).toContain("$ toy speak hello --top-k 3");
  });

  test("follows a narrow terminal", async () => {
    const { stdout } = await toy(["speak", "--help"], { NO_COLOR: "1" }, 60);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  test("of the program lists the commands by group", async () => {
    const { stdout } = await toy(["--help"]);
    expect(stdout).toMatch(/\nUse\n {2}speak +The toy speak\n/);
    expect(stdout).not.toMatch(/\nData\n/);
  });
});

describe("the real commands", () => {
  test.each(registry.map((entry) => [entry.name, entry] as const))(
    "%s is well described",
    async (name, entry) => {
      expect(groups).toContain(entry.group);
      expect(entry.summary.length).toBeLessThanOrEqual(60);
      expect(entry.summary).toMatch(/^[A-Z].*[^.]$/);
      const { default: command } = await entry.load();
      const examples = Object.keys(command.examples);
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) expect(example).toMatch(new RegExp(`^punchline ${name}( |$)`));
      let help = "";
      const stdout = { write: (text: string) => (help += text) };
      const stderr = { write: () => {} };
      expect(await runCli([name, "--help"], { stdout, stderr, env: {} })).toBe(0);
      const wide = help.split("\n").filter((line) => line.length > 80);
      expect(wide).toEqual([]);
    },
  );

  test("train and finetune show the defaults that each of them has", async () => {
    const shown = async (name: string, flag: string) => {
      let help = "";
      const stdout = { write: (text: string) => (help += text) };
      await runCli([name, "--help"], { stdout, stderr: { write: () => {} }, env: {} });
      const entry = help.split(/\n(?= +--)/).find((text) => text.trim().startsWith(`${flag} `));
      return /default ([\w.-]+)/i.exec(entry!.replace(/\s+/g, " "))?.[1];
    };
    const defaults = {
      "--batch-size": ["32", "8"],
      "--seq-len": ["64", "128"],
      "--learning-rate": ["0.008", "0.00005"],
      "--schedule": ["cosine", "linear"],
      "--warmup": ["100", "100"],
      "--weight-decay": ["0.01", "0"],
      "--epochs": [undefined, "3"],
    };
    for (const [flag, [trained, tuned]] of Object.entries(defaults)) {
      expect([flag, await shown("train", flag), await shown("finetune", flag)]).toEqual([
        flag,
        trained,
        tuned,
      ]);
    }
  });

  test("finetune names the built-in models, fill its default", async () => {
    let help = "";
    const stdout = { write: (text: string) => (help += text) };
    for (const name of ["finetune", "fill"])
      await runCli([name, "--help"], { stdout, stderr: { write: () => {} }, env: {} });
    expect(help.replace(/\s+/g, " ")).toMatch(
      /built-in model \(punchline-gpt2, punchline-bert\).*default: punchline-bert/,
    );
  });

  test("eval says that it scores a part only, unless the part was chosen", async () => {
    const runs = join(import.meta.dirname, "fixtures/runs-0.1.0");
    const words = ["eval", join(runs, "char-rnn"), "--data", join(runs, "tales.txt")];
    const note = /^Only the test split of the data is scored; --split all scores all of it\.$/m;
    expect((await runHere(...words)).stderr).toMatch(note);
    expect((await runHere(...words, "--split", "test")).stderr).not.toMatch(note);
  });

  test("fill says which words the filled text leaves out", async () => {
    const { stderr, stdout } = await runHere("fill", "punchline-bert", "The [MASK] of 漢 is old.");
    expect(stdout).not.toContain("漢");
    expect(stderr).toContain(
      'cannot spell "漢" of the prompt: the model sees [UNK] there, and the filled text leaves that out.',
    );
  });

  test("none is there twice", () => {
    const names = registry.map((entry) => entry.name);
    expect([...new Set(names)]).toEqual(names);
  });
});

describe("colours", () => {
  const bold = "\u001b[1mhello\u001b[22m\n";

  test("come on a terminal, not into a pipe", async () => {
    expect((await toy(["speak", "a"], {}, 80)).stdout).toBe(bold);
    expect((await toy(["speak", "a"], {})).stdout).toBe("hello\n");
    expect((await toy(["speak", "a"], { TERM: "dumb" }, 80)).stdout).toBe("hello\n");
  });

  test("NO_COLOR wins over a terminal, FORCE_COLOR over a pipe", async () => {
    expect((await toy(["speak", "a"], { NO_COLOR: "1", FORCE_COLOR: "1" }, 80)).stdout).toBe("hello\n");
    expect((await toy(["speak", "a"], { FORCE_COLOR: "1" })).stdout).toBe(bold);
  });
});
