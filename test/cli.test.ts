/** The frame of the command line: words, statuses, sentences, the purity of standard output. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { flagOf } from "../src/cli/output/flags.ts";
import { groups, registry } from "../src/cli/registry.ts";
import { runCli } from "../src/cli/run.ts";
import { temporaryFolder } from "./cli.ts";
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

  test.each([
    ["--loud --no-cache", { loud: true, cache: false }],
    ["--no-loud --cache", { loud: false, cache: true }],
    ["--no-cache --cache", { cache: true }],
    ["--no-dedupe", { dedupe: "off" }],
    ["--no-dedupe --dedupe 0.5", { dedupe: 0.5 }],
    ["--header", { header: "yes" }],
    ["--no-header", { header: "no" }],
    // As they were written before.
    ["--dedupe off", { dedupe: "off" }],
    ["--header yes", { header: "yes" }],
    ["--header no", { header: "no" }],
    ["--header=no", { header: "no" }],
  ])("a switch is --x or --no-x: %s", async (words, options) => {
    const { stdout } = await toy(["speak", ...words.split(" "), "a", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ args: { source: ["a"] }, options });
  });

  test("words after -- are no values of switches", async () => {
    const { stdout } = await toy(["speak", "--json", "--", "--header", "yes"]);
    expect(JSON.parse(stdout).args).toEqual({ source: ["--header", "yes"] });
  });

  test("--json may stand before the command, and -- ends the options", async () => {
    const { stdout } = await toy(["--json", "speak", "--", "--loud"]);
    expect(JSON.parse(stdout).args).toEqual({ source: ["--loud"] });
  });

  test.each([
    ["speek", 'Unknown command "speek"; did you mean "speak"?'],
    ["zzzzzzzz", 'Unknown command "zzzzzzzz"; known are: speak, fail, flood, wait.'],
    ["--json", 'A command is needed; see "punchline --help".'],
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

describe("quiet and verbose", () => {
  const usual = ["A warning.", "A note.", "speaking: 0 steps, in"];
  const more = ["A detail.", "Punchline ", "Took ", "peak memory"];

  test.each([
    ["", usual, more],
    ["--quiet", usual.slice(0, 1), [...usual.slice(1), ...more]],
    ["-q --json", usual.slice(0, 1), [...usual.slice(1), ...more]],
    ["--verbose", [...usual, ...more], []],
    ["--json --verbose", [...usual, ...more], []],
  ])("speak everything %s", async (options, said, unsaid) => {
    const words = options.split(" ").filter(Boolean);
    for (const line of [
      ["speak", "everything", ...words],
      [...words, "speak", "everything"],
    ]) {
      const { status, stdout, stderr } = await toy(line);
      expect(status).toBe(0);
      if (words.includes("--json")) expect(JSON.parse(stdout).args.source[0]).toBe("everything");
      else expect(stdout).toBe("hello\n");
      for (const text of said) expect(stderr).toContain(text);
      for (const text of unsaid) expect(stderr).not.toContain(text);
    }
  });

  test("errors are said with --quiet too, and the two exclude each other", async () => {
    expect((await toy(["fail", "input", "--quiet"])).stderr).toMatch(/^error: jokes\.csv, line 3: .*\n$/);
    expect(await toy(["speak", "a", "--quiet", "--verbose"])).toEqual({
      status: 2,
      stdout: "",
      stderr: "error: --quiet and --verbose exclude each other; give one.\n",
    });
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
  const helps = [
    "",
    "--help",
    "help",
    "speak --help",
    "help speak",
    "speak a -h",
    "speak --help-all",
    "help speak --help-all",
    "--help-all speak",
  ];

  test.each(helps)("%j fits 80 columns", async (words) => {
    const { status, stdout, stderr } = await toy(words.split(" ").filter(Boolean));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("of a command has the usual options, and names where the others are", async () => {
    const { stdout } = await toy(["speak", "--help"]);
    expect(stdout).toMatch(/ -k, --top-k N +How many \(default: 40\)/);
    expect(stdout).not.toContain("--max-minutes");
    expect(stdout).toMatch(/\n\n--help-all shows 9 more options; /);
  });

  test("of all shows arguments, ranges, units, defaults and examples", async () => {
    const { stdout } = await toy(["speak", "--help-all"]);
    expect(stdout).toMatch(/^The toy speak\.\n\nUsage {2}punchline speak SOURCE\.\.\. \[options\]\n/);
    expect(stdout).toMatch(/ -k, --top-k N +How many \(at least 1; default: 40\)/);
    expect(stdout).toMatch(/ --max-minutes N +How long \(minutes; above 0; default: no limit\)/);
    expect(stdout).toMatch(/ --\[no-\]cache +Take what was computed before \(default: on\)\n/);
    expect(stdout).toMatch(
      / --model NAME +Which one \(char-rnn, char-gru, char-lstm;\n +default: char-lstm\)/,
    );
    expect(stdout).toMatch(/ --\[no-\]dedupe N +How near \(from 0 to 1; default: 0\.8\)/);
    expect(stdout).toMatch(/ --\[no-\]header +Whether it has a head \(default: detected\)/);
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
  const shown = async (...words: readonly string[]) => (await runHere(...words)).stdout;

  test.each(registry.map((entry) => [entry.name, entry] as const))(
    "%s is well described",
    async (name, entry) => {
      expect(groups).toContain(entry.group);
      expect(entry.summary.length).toBeLessThanOrEqual(60);
      expect(entry.summary).toMatch(/^[A-Z].*[^.]$/);
      const { default: command } = await entry.load();
      const examples = Object.keys(command.examples);
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) expect(example).toMatch(new RegExp(`(^|<\\()punchline ${name}( |$)`));
      for (const help of [await shown(name, "--help"), await shown(name, "--help-all")])
        expect(help.split("\n").filter((line) => line.length > 80)).toEqual([]);
    },
  );

  test.each(registry.map(({ name }) => name))(
    "the help of %s fits on a screen, examples first",
    async (name) => {
      const rows = (await shown(name, "--help")).trimEnd().split("\n");
      expect(rows.length, rows.join("\n")).toBeLessThanOrEqual(30);
      expect(rows.slice(2, 5)).toEqual([expect.stringMatching(/^Usage/), "", "Examples"]);
      expect(rows.at(-1)).toContain("--json");
    },
  );

  test.each(registry.map((entry) => [entry.name, entry] as const))(
    "every option of %s says what happens without it, once, and switches are spelt one way",
    async (name, entry) => {
      const { options } = (await entry.load()).default;
      const help = await shown(name, "--help-all");
      const items = help.split(/\n(?= +(?:-\w, )?--)/).map((item) => item.replace(/\s+/g, " "));
      for (const [key, { kind, placeholder, describe }] of Object.entries(options)) {
        const flag = flagOf(key).slice(2);
        const item = items.findLast((text) => new RegExp(`^ (-\\w, )?--(\\[no-\\])?${flag}( |$)`).test(text));
        expect(item, key).toMatch(/\bdefault: \S|\brequired\)/);
        expect(describe, key).not.toMatch(/default|required|yes/);
        expect(describe, key).toMatch(/^[A-Z\d].*[^.]$/);
        expect(placeholder, key).not.toContain("|");
        if (kind === "flag" && !/^no[A-Z]/.test(key)) expect(item, key).toContain(`--[no-]${flag}`);
      }
    },
  );

  test("without words shows what to begin with, on one screen", async () => {
    const { status, stdout, stderr } = await runHere();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.split("\n").length).toBeLessThanOrEqual(24);
    const commands = [...stdout.matchAll(/^ {2}punchline (\S+)/gm)].map(([, name]) => name);
    expect(commands[0]).toBe("demo");
    const known = [...registry.map(({ name }) => name), "--help", "COMMAND"];
    for (const name of commands) expect(known).toContain(name);
  });

  test("train and finetune show the defaults that each of them has", async () => {
    const standard = async (name: string, flag: string) => {
      const help = await shown(name, "--help-all");
      const entry = help.split(/\n(?= +--)/).find((text) => text.trim().startsWith(`${flag} `));
      return /default: ([\w.-]+)/i.exec(entry!.replace(/\s+/g, " "))?.[1];
    };
    const defaults = {
      "--batch-size": ["32", "8"],
      "--seq-len": ["64", "128"],
      "--learning-rate": ["0.008", "0.00005"],
      "--schedule": ["cosine", "linear"],
      "--warmup": ["100", "100"],
      "--weight-decay": ["0.01", "0"],
      "--epochs": ["by", "3"],
    };
    for (const [flag, [trained, tuned]] of Object.entries(defaults)) {
      expect([flag, await standard("train", flag), await standard("finetune", flag)]).toEqual([
        flag,
        trained,
        tuned,
      ]);
    }
  });

  test("finetune names the built-in models, fill its default", async () => {
    const help = (await shown("finetune", "--help")) + (await shown("fill", "--help"));
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

  test("eval says that a few tokens tell little", async () => {
    const runs = join(import.meta.dirname, "fixtures/runs-0.1.0");
    const words = ["eval", join(runs, "char-rnn"), "--split", "all", "--data"];
    const few = /so few that other texts of the kind may give quite another loss/;
    expect((await runHere(...words, join(runs, "tales.txt"))).stdout).not.toMatch(few);
    const short = join(temporaryFolder(), "short.txt");
    writeFileSync(short, "the hen\nthe hat\n");
    expect((await runHere(...words, short)).stdout).toMatch(few);
  });

  test("fill says which words the filled text leaves out", async () => {
    // A single argument with a mask of any kind is a text, not the name of a model.
    expect((await runHere("fill", "the <mask> is old")).stderr).toContain(
      "The text has no mask: write [MASK]",
    );
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
