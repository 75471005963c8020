/** Completion: what is offered, and real shells that are asked for it at a Tab. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { builtCli, temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";

/** A folder with two runs, a text and other folders. */
function folderWithRuns(): string {
  const folder = temporaryFolder();
  for (const run of ["runs/jokes", "runs/old names", "mine"]) {
    mkdirSync(join(folder, run), { recursive: true });
    writeFileSync(join(folder, run, "run.json"), "{}");
  }
  mkdirSync(join(folder, "runs/empty"));
  mkdirSync(join(folder, "out"));
  writeFileSync(join(folder, "jokes one.csv"), "joke\n");
  return folder;
}

async function offered(words: readonly string[], cwd = folderWithRuns()) {
  const { stdout, stderr, status } = await punchline(["completion", "--", ...words], { cwd });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  const [paths, ...lines] = stdout.trimEnd().split("\n");
  return { paths, words: lines.map((line) => line.split("\t")[0]) };
}

describe("what is offered", () => {
  test.each([
    [["tra"], "none", ["train"]],
    [["help", "fi"], "none", ["finetune", "fill"]],
    [["--v"], "none", ["--version"]],
    [["train", "--mod"], "none", ["--model"]],
    [["train", "--no-cl"], "none", ["--no-cleaning"]],
    [["train", "--model", "char-l"], "none", ["char-lstm"]],
    [["train", "--model=char-l"], "none", ["char-lstm"]],
    [["export", "mine", "--format", ""], "none", ["hf", "onnx", "gguf"]],
    [["compare-models", "a", "--models", "char-g"], "none", ["char-gru"]],
    [["compare-models", "a", "--models", "word-rnn,word-"], "none", ["word-rnn,word-lstm"]],
    [["completion", ""], "none", ["bash", "zsh", "fish"]],
    // Paths are the shell's; names that are no paths come with them.
    [["data", ""], "files", ["one-liners", "cities"]],
    [["data", "--out", ""], "files", []],
    [["train", "--out", ""], "folders", []],
    [["sample", ""], "folders", ["punchline-gpt2", "punchline-bert", "runs/jokes", "runs/old names", "mine"]],
    [["sample", "runs/j"], "folders", ["runs/jokes"]],
    [["report", "mine", "runs/j"], "folders", ["runs/jokes"]],
    [["novelty", "runs/j"], "files", ["runs/jokes"]],
    // An option is not offered twice, unless it may be repeated; nothing where no more words fit.
    [["sample", "mine", "--see"], "none", ["--seed"]],
    [["sample", "mine", "--seed", "1", "--see"], "none", []],
    [["train", "--data", "a", "--dat"], "none", ["--data"]],
    [["sample", "mine", ""], "none", []],
    [["sample", "--", "--x", ""], "none", []],
    [["no-such-command", ""], "none", []],
    [["train", "--no-such-option=", ""], "none", []],
    // The value of an option may be left out.
    [["sample", "--novel", "mine", "--see"], "none", ["--seed"]],
    [["sample", "mine", "--novel", "--see"], "none", ["--seed"]],
  ])("after %j", async (words, paths, expected) => {
    const found = await offered(words);
    expect(found.paths).toBe(paths);
    expect([...found.words].sort()).toEqual([...expected].sort());
  });

  test("completion of a shell that there is none for names those that there are", async () => {
    expect(await punchline(["completion", "zhs"])).toMatchObject({
      status: 2,
      stderr: 'error: There is no completion for "zhs"; did you mean "zsh"?\n',
    });
  });
});

/** A shell with the built `punchline` on its PATH, in the folder with runs. */
function inShell(shell: string, script: string, words: readonly string[] = []) {
  const cwd = folderWithRuns();
  const bin = temporaryFolder();
  writeFileSync(join(bin, "punchline"), `#!/bin/sh\nexec "${process.execPath}" "${builtCli()}" "$@"\n`);
  chmodSync(join(bin, "punchline"), 0o755);
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, HOME: bin, TERM: "xterm" };
  const { stdout, stderr } = spawnSync(shell, [...words, "-c", script], { cwd, env, encoding: "utf8" });
  return { stdout, stderr, cwd };
}

/** Why a shell cannot be tried here, for the name of its tests. */
const reason = (shell: string) =>
  spawnSync(shell, ["--version"]).error === undefined ? "" : ` (skipped: ${shell} is not installed)`;

describe.skipIf(reason("bash") !== "")(`in bash${reason("bash")}`, () => {
  test("words are completed, paths kept whole, and nothing that is typed is run", () => {
    // Bash gives the words divided at "=", as here.
    const { stdout, cwd } = inShell(
      "bash",
      `source <(punchline completion bash)
      try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _punchline; printf '%s|' "\${COMPREPLY[@]}"; echo; }
      try punchline fine
      try punchline train --model char-ls
      try punchline train --model = char-ls
      try punchline export runs/jokes --format =
      try punchline sample runs/ol
      try punchline data jok
      try punchline data '$(touch bad)' one-l
      complete -p punchline`,
    );
    expect(stdout.split("\n")).toEqual([
      "finetune|",
      "char-lstm|",
      "char-lstm|",
      "hf|onnx|gguf|",
      "runs/old names|runs/old names|",
      "jokes one.csv|",
      "one-liners|",
      "complete -o default -F _punchline punchline",
      "",
    ]);
    expect(existsSync(join(cwd, "bad"))).toBe(false);
  });
});

describe.skipIf(reason("fish") !== "")(`in fish${reason("fish")}`, () => {
  test("words and paths are completed", () => {
    const lines = ["fine", "train --model char-ls", "train --model=char-ls", "data jok", "train --out ru"];
    const { stdout } = inShell(
      "fish",
      `source (punchline completion fish | psub)
      for line in ${lines.map((line) => `"${line}"`).join(" ")}; complete -C "punchline $line"; end`,
    );
    expect(stdout.split("\n").map((line) => line.split("\t")[0])).toEqual([
      "finetune",
      "char-lstm",
      "--model=char-lstm",
      "jokes one.csv",
      "runs/",
      "",
    ]);
  });
});

describe.skipIf(reason("zsh") !== "")(`in zsh${reason("zsh")}`, () => {
  test("a Tab in a terminal completes words and paths", () => {
    // Each line is typed, completed, and printed by the shell itself.
    const lines = ["fine", "train --model char-ls", "train --model=char-ls", "data jok", "sample runs/jo"];
    const { stdout } = inShell(
      "zsh",
      `zmodload zsh/zpty
      zpty shell zsh -f -i
      zpty -w shell 'PS1=; autoload -U compinit; compinit -u -D; source <(punchline completion zsh)'
      zpty -w shell 'show() { print -r -- "<$BUFFER>"; BUFFER=; zle redisplay }; zle -N show; bindkey "^X" show; echo rea""dy'
      zpty -r -m shell out '*ready*'
      for line in ${lines.map((line) => `"${line}"`).join(" ")}; do
        zpty -n -w shell "punchline $line"$'\\t\\x18'
        zpty -r -m shell out '*<*>*' && print -r -- "\${\${out##*<}%%>*}"
      done`,
      ["-f"],
    );
    expect(stdout.trim().split("\n")).toEqual([
      "punchline finetune ",
      "punchline train --model char-lstm ",
      "punchline train --model=char-lstm ",
      "punchline data jokes\\ one.csv ",
      expect.stringMatching(/^punchline sample runs\/jokes/),
    ]);
  });
});
