/** Every command of Punchline. A command's module is loaded only when it runs. */
import type { Command } from "./command.ts";

/** In the order of the help. */
export const groups = ["Data", "Train", "Use", "Judge", "Share"] as const;

export interface CommandEntry {
  readonly name: string;
  readonly group: (typeof groups)[number];
  /** One line, no full stop, at most 60 characters. */
  readonly summary: string;
  readonly load: () => Promise<{ readonly default: Command }>;
}

export const registry: readonly CommandEntry[] = [
  {
    name: "demo",
    group: "Data",
    summary: "The whole story on the built-in jokes, as one page",
    load: () => import("./commands/demo.ts"),
  },
  {
    name: "data",
    group: "Data",
    summary: "Clean, deduplicate and split texts; say what was dropped",
    load: () => import("./commands/data.ts"),
  },
  {
    name: "models",
    group: "Data",
    summary: "List the built-in models and those in the Hub's cache",
    load: () => import("./commands/models.ts"),
  },
  {
    name: "pull",
    group: "Data",
    summary: "Download a model from the Hugging Face Hub",
    load: () => import("./commands/pull.ts"),
  },
  {
    name: "train",
    group: "Train",
    summary: "Train a model from scratch, into a run folder",
    load: () => import("./commands/train.ts"),
  },
  {
    name: "finetune",
    group: "Train",
    summary: "Train a model further that there is already, such as GPT-2",
    load: () => import("./commands/finetune.ts"),
  },
  {
    name: "sample",
    group: "Use",
    summary: "Write texts with a model",
    load: () => import("./commands/sample.ts"),
  },
  {
    name: "fill",
    group: "Use",
    summary: "Fill the [MASK] of a text with a model such as BERT",
    load: () => import("./commands/fill.ts"),
  },
  {
    name: "suggest",
    group: "Use",
    summary: "Type with a model that suggests what comes next",
    load: () => import("./commands/suggest.ts"),
  },
  {
    name: "eval",
    group: "Judge",
    summary: "Measure how well a model predicts a text",
    load: () => import("./commands/eval.ts"),
  },
  {
    name: "novelty",
    group: "Judge",
    summary: "Find which of a model's texts repeat its training data",
    load: () => import("./commands/novelty.ts"),
  },
  {
    name: "report",
    group: "Judge",
    summary: "Measure several runs side by side, beside real texts",
    load: () => import("./commands/report.ts"),
  },
  {
    name: "compare",
    group: "Judge",
    summary: "GPT or BERT? What models predict, and which is faster",
    load: () => import("./commands/compare.ts"),
  },
  {
    name: "compare-models",
    group: "Judge",
    summary: "Which network? Train each for the same time and compare",
    load: () => import("./commands/compare-models.ts"),
  },
  {
    name: "export",
    group: "Share",
    summary: "Write a model in a format that other programs load",
    load: () => import("./commands/export.ts"),
  },
  {
    name: "serve",
    group: "Share",
    summary: "Serve a model over an OpenAI-style HTTP API",
    load: () => import("./commands/serve.ts"),
  },
];
