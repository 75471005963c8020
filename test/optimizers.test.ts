/** The optimisers against PyTorch's: the same parameters, gradients and falling rates, over 60 steps. */
import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../src/core/random.ts";
import { adamw } from "../src/optim/adamw.ts";
import type { Optimizer } from "../src/optim/optimizer.ts";
import { sgd } from "../src/optim/sgd.ts";
import { Arena } from "../src/runtime/arena.ts";
import { pythonWithTorch } from "./torch/python.ts";

// Both decay groups; sizes that are no multiples of four.
const layout = [
  { name: "weight", shape: [7, 5], decay: true },
  { name: "bias", shape: [7], decay: false },
];
const sizes = [35, 7];
const gradScale = 0.5;
const rates = Array.from({ length: 60 }, (_, step) => 0.05 / (1 + step / 20));

interface Case {
  readonly title: string;
  readonly optimizer: Optimizer;
  /** PyTorch's class and its arguments; the group without decay gets `weight_decay` 0. */
  readonly torch: readonly [name: string, options: Readonly<Record<string, unknown>>];
}

const cases: readonly Case[] = [
  { title: "AdamW", optimizer: adamw(), torch: ["AdamW", { weight_decay: 0.01 }] },
  {
    title: "AdamW with other constants",
    optimizer: adamw({ betas: [0.8, 0.95], eps: 1e-4, weightDecay: 0.2 }),
    torch: ["AdamW", { betas: [0.8, 0.95], eps: 1e-4, weight_decay: 0.2 }],
  },
  { title: "SGD", optimizer: sgd({ weightDecay: 0.05 }), torch: ["SGD", { weight_decay: 0.05 }] },
  {
    title: "SGD with momentum",
    optimizer: sgd({ momentum: 0.9, weightDecay: 0.05 }),
    torch: ["SGD", { momentum: 0.9, weight_decay: 0.05 }],
  },
  {
    title: "SGD with Nesterov's momentum",
    optimizer: sgd({ momentum: 0.9, weightDecay: 0.05, nesterov: true }),
    torch: ["SGD", { momentum: 0.9, weight_decay: 0.05, nesterov: true }],
  },
];

const start = sizes.map((n, i) => new Random(1, i).fillNormal(new Float32Array(n)));
/** By step and parameter; of very different sizes, as real gradients are. */
const gradients = rates.map((_, step) =>
  sizes.map((n, i) =>
    new Random(2, i, step).fillNormal(new Float32Array(n)).map((v, j) => v * 10 ** ((j % 5) - 3)),
  ),
);

/** All parameters after every step. */
function trajectory(optimizer: Optimizer): number[][] {
  const arena = Arena.create(layout, { moments: optimizer.moments });
  layout.forEach(({ name }, i) => void arena.parameters[name]!.data.set(start[i]!));
  return rates.map((lr, s) => {
    layout.forEach(({ name }, i) => void arena.gradients[name]!.data.set(gradients[s]![i]!));
    optimizer.step(arena, { step: s + 1, lr, gradScale });
    return layout.flatMap(({ name }) => [...arena.parameters[name]!.data]);
  });
}

const script = `
import json, sys, torch
job = json.load(sys.stdin)
torch.set_num_threads(1)
runs = []
for name, options in job["cases"]:
    params = [torch.nn.Parameter(torch.tensor(p)) for p in job["start"]]
    groups = [dict(options, params=params[:1]), dict(options, params=params[1:], weight_decay=0.0)]
    optimizer = getattr(torch.optim, name)(groups, lr=1.0)
    rows = []
    for gradients, rate in zip(job["gradients"], job["rates"]):
        for p, g in zip(params, gradients):
            p.grad = torch.tensor(g) * job["scale"]
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        rows.append([v for p in params for v in p.detach().flatten().tolist()])
    runs.append(rows)
json.dump(runs, sys.stdout)
`;

describe.skipIf(!pythonWithTorch)(
  `optimisers of PyTorch${pythonWithTorch ? "" : " (skipped: no python3 with torch)"}`,
  () => {
    let theirs: number[][][];
    beforeAll(() => {
      const job = {
        start: start.map((values) => [...values]),
        gradients: gradients.map((step) => step.map((values) => [...values])),
        rates,
        scale: gradScale,
        cases: cases.map(({ torch }) => torch),
      };
      const { stdout, stderr, status } = spawnSync(pythonWithTorch!, ["-c", script], {
        input: JSON.stringify(job),
        encoding: "utf8",
        maxBuffer: 1 << 26,
      });
      if (status !== 0) throw new Error(stderr);
      theirs = JSON.parse(stdout);
    });

    it.each(cases.map((c, i) => ({ ...c, i })))("$title moves every parameter alike", ({ optimizer, i }) => {
      const ours = trajectory(optimizer);
      const differences = ours.flatMap((row, s) => row.map((v, j) => Math.abs(v - theirs[i]![s]![j]!)));
      expect(differences).toHaveLength(rates.length * 42);
      expect(Math.max(...differences)).toBeLessThan(1e-5);
      // They did move: the comparison is about something.
      expect(Math.abs(ours.at(-1)![0]! - start[0]![0]!)).toBeGreaterThan(1e-3);
    });
  },
);
