/** Every command of Punchline. A command's module is loaded only when it runs. */
import type { Command } from "./command.ts";

export interface CommandEntry {
  readonly name: string;
  readonly group: (typeof groups)[number];
  /** One line, no full stop, at most 60 characters. */
  readonly summary: string;
  readonly load: () => Promise<{ readonly default: Command }>;
}

type Row = readonly [summary: string, load: CommandEntry["load"]];

/** By group, in the order of the help. */
const commands = {
  Data: {
    demo: ["The whole story on the built-in jokes, as one page", () => import("./commands/demo.ts")],
    studio: ["Train and try a model in a browser tab", () => import("./commands/studio.ts")],
    data: ["Clean, deduplicate and split texts; say what was dropped", () => import("./commands/data.ts")],
    models: ["List the built-in models and those in the Hub's cache", () => import("./commands/models.ts")],
    pull: ["Download a model from the Hugging Face Hub", () => import("./commands/pull.ts")],
  },
  Train: {
    train: ["Train a model from scratch, into a run folder", () => import("./commands/train.ts")],
    finetune: [
      "Train a model further that there is already, such as GPT-2",
      () => import("./commands/finetune.ts"),
    ],
    devices: ["List what can compute here, such as a graphics card", () => import("./commands/devices.ts")],
    runs: ["List the runs here, and how far each has come", () => import("./commands/runs.ts")],
  },
  Use: {
    sample: ["Write texts with a model", () => import("./commands/sample.ts")],
    chat: ["Talk with an instruct model in the terminal", () => import("./commands/chat.ts")],
    fill: ["Fill the [MASK] of a text with a model such as BERT", () => import("./commands/fill.ts")],
    suggest: ["Type with a model that suggests what comes next", () => import("./commands/suggest.ts")],
  },
  Judge: {
    eval: ["Measure how well a model predicts a text", () => import("./commands/eval.ts")],
    novelty: [
      "Find which of a model's texts repeat its training data",
      () => import("./commands/novelty.ts"),
    ],
    report: ["Measure several runs side by side, and real texts too", () => import("./commands/report.ts")],
    compare: ["GPT or BERT? What models predict, and which is faster", () => import("./commands/compare.ts")],
    "compare-models": [
      "Which network? Train each for the same time and compare",
      () => import("./commands/compare-models.ts"),
    ],
  },
  Share: {
    export: ["Write a model in a format that other programs load", () => import("./commands/export.ts")],
    serve: ["Serve a model over an OpenAI-style HTTP API", () => import("./commands/serve.ts")],
  },
  Shell: {
    completion: ["Complete words with Tab in bash, zsh or fish", () => import("./commands/completion.ts")],
  },
} satisfies Record<string, Record<string, Row>>;

export const groups = Object.keys(commands) as readonly (keyof typeof commands)[];

export const registry: readonly CommandEntry[] = groups.flatMap((group) =>
  Object.entries<Row>(commands[group]).map(([name, [summary, load]]) => ({ name, group, summary, load })),
);
