/** The kernels against the published update rules in double precision. PyTorch's own losses are in test/parity.test.ts. */
import { describe, expect, it } from "vitest";
import { Random } from "../core/random.ts";
import { Arena } from "../runtime/arena.ts";
import { adamw } from "./adamw.ts";
import type { Optimizer } from "./optimizer.ts";
import { clipGlobalNorm } from "./optimizer.ts";
import { schedule, scheduleKinds } from "./schedule.ts";
import { sgd } from "./sgd.ts";

// Sizes that are no multiples of four, so that the kernels' last elements are tested.
const layout = [
  { name: "matrix", shape: [7, 5], decay: true },
  { name: "bias", shape: [3], decay: false },
  { name: "frozen", shape: [6], decay: true, trainable: false },
];

function filled(moments: 0 | 1 | 2): Arena {
  const arena = Arena.create(layout, { moments });
  for (const [name, { data }] of Object.entries(arena.parameters)) new Random(1, name).fillNormal(data);
  return arena;
}

const gradientOf = (name: string, step: number, size: number) =>
  new Random(2, name, step).fillNormal(new Float32Array(size));

/** Runs ten steps in the arena and the same in double precision, element by element. */
function compare(
  optimizer: Optimizer,
  rule: (decay: boolean) => (p: number, g: number, step: number) => number,
): void {
  const arena = filled(optimizer.moments);
  const expected = new Map(
    layout
      .filter(({ trainable }) => trainable !== false)
      .map(({ name, decay }) => {
        const data = Float64Array.from(arena.parameters[name]!.data);
        return [name, { data, rules: Array.from(data, () => rule(decay)) }];
      }),
  );
  const frozen = arena.parameters.frozen!.data.slice();
  for (let step = 1; step <= 10; step++) {
    for (const [name, { data, rules }] of expected) {
      const gradient = gradientOf(name, step, data.length);
      arena.gradients[name]!.data.set(gradient);
      for (let i = 0; i < data.length; i++) data[i] = rules[i]!(data[i]!, gradient[i]! * 0.5, step);
    }
    optimizer.step(arena, { step, lr: 0.01, gradScale: 0.5 });
  }
  for (const [name, { data }] of expected) {
    arena.parameters[name]!.data.forEach((value, i) => {
      expect(value).toBeCloseTo(data[i]!, 5);
    });
  }
  expect(arena.parameters.frozen!.data).toEqual(frozen);
  expect(Object.keys(arena.gradients)).toEqual(["matrix", "bias"]);
}

describe("optimisers", () => {
  it("AdamW is algorithm 2 of Loshchilov and Hutter, its decay on matrices alone", () => {
    compare(adamw({ weightDecay: 0.1 }), (decay) => {
      let m = 0;
      let v = 0;
      return (p, g, step) => {
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        const update = m / (1 - 0.9 ** step) / (Math.sqrt(v / (1 - 0.999 ** step)) + 1e-8);
        return p - 0.01 * update - (decay ? 0.01 * 0.1 * p : 0);
      };
    });
  });

  it.each([
    [{ weightDecay: 0.1 }, 0, false],
    [{ momentum: 0.9, weightDecay: 0.1 }, 0.9, false],
    [{ momentum: 0.9, nesterov: true }, 0.9, true],
  ] as const)("SGD with %o", (options, momentum, nesterov) => {
    compare(sgd(options), (decay) => {
      let b = 0;
      return (p, gradient) => {
        const g = gradient + (decay && "weightDecay" in options ? 0.1 * p : 0);
        b = momentum * b + g;
        return p - 0.01 * (nesterov ? g + momentum * b : b);
      };
    });
  });

  it.each([[[0.9, 0.999]], [[0.5, 0.6]]] as const)(
    "AdamW's moments end at zero where gradients do, never among the subnormal numbers (betas %o)",
    (betas) => {
      const arena = filled(2);
      const optimizer = adamw({ betas });
      arena.gradients.matrix!.data.fill(1);
      const { data } = arena.moment1.matrix!;
      for (let step = 1; step <= 1500; step++) {
        optimizer.step(arena, { step, lr: 0.01, gradScale: 1 });
        arena.gradients.matrix!.data.fill(0);
        expect(data[0] === 0 || data[0]! >= 2 ** -126).toBe(true);
      }
      expect(data[0]).toBe(0);
    },
  );

  it("refuses what cannot be", () => {
    expect(() => sgd({ nesterov: true })).toThrow(/momentum above 0/);
    expect(() => adamw({ betas: [1, 0.9] })).toThrow(/below 1/);
  });

  it("refuses an arena without room for its moments, instead of writing elsewhere", () => {
    const step = { step: 1, lr: 0.01, gradScale: 1 };
    expect(() => adamw().step(filled(1), step)).toThrow("2 moments a parameter, and this one has 1");
    expect(() => sgd({ momentum: 0.9 }).step(filled(0), step)).toThrow("create it with `moments: 1`");
    sgd().step(filled(0), step);
  });
});

describe("clipping", () => {
  it("scales by the global norm of all trainable gradients", () => {
    const arena = filled(0);
    arena.gradients.matrix!.data.fill(0);
    arena.gradients.matrix!.data[3] = 30;
    arena.gradients.bias!.data.set([0, 40, 0]);
    expect(clipGlobalNorm(arena, 10)).toMatchObject({ norm: 50, finite: true });
    expect(clipGlobalNorm(arena, 10).gradScale).toBeCloseTo(0.2, 6);
    expect(clipGlobalNorm(arena, 10, 0.1)).toMatchObject({ norm: 5 });
    expect(clipGlobalNorm(arena, 10, 0.1).gradScale).toBeCloseTo(0.1, 9);
  });

  it.each([Number.NaN, Infinity, -Infinity])("reports a gradient of %d", (value) => {
    const arena = filled(0);
    arena.gradients.bias!.data[2] = value;
    expect(clipGlobalNorm(arena, 1).finite).toBe(false);
  });

  it("refuses a largest norm that is not above zero", () => {
    for (const norm of [0, -1, Number.NaN]) expect(() => clipGlobalNorm(filled(0), norm)).toThrow("above 0");
  });

  it("is not fooled by gradients whose squares overflow float32", () => {
    const arena = filled(0);
    arena.gradients.matrix!.data.fill(0);
    arena.gradients.bias!.data.set([1e30, 0, 0]);
    expect(clipGlobalNorm(arena, 1)).toMatchObject({ finite: true });
    expect(clipGlobalNorm(arena, 1).norm / 1e30).toBeCloseTo(1, 6);
  });
});

describe("schedules", () => {
  it("rise over the warmup and end where they should", () => {
    for (const kind of scheduleKinds.filter((kind) => kind !== "wsd")) {
      const at = schedule({ kind, warmup: 10, steps: 110 });
      expect(at(1)).toBeCloseTo(0.1, 12);
      expect([at(10), at(11)]).toEqual([1, 1]);
      expect(at(61)).toBeCloseTo(kind === "constant" ? 1 : 0.5, 12);
      expect(at(110)).toBeGreaterThan(0);
      expect(at(111)).toBeCloseTo(kind === "constant" ? 1 : 0, 12);
      expect(at(500)).toBe(at(111));
    }
    expect(schedule({ kind: "cosine", warmup: 0, steps: 100, floor: 0.1 })(101)).toBeCloseTo(0.1, 12);
    expect(schedule({ kind: "cosine", warmup: 0, steps: 90 })(31)).toBeCloseTo(0.75, 12);
  });

  it("refuses a floor that is no share, and a name that every object has", () => {
    const options = { kind: "linear", warmup: 0, steps: 1 } as const;
    expect(() => schedule({ ...options, floor: 2 })).toThrow("from 0 to 1, not 2");
    expect(() => schedule({ ...options, kind: "toString" as never })).toThrow(/no schedule "toString"/);
  });

  it("stay at the peak until the last part, with wsd, and fall by the root of what is done of it", () => {
    const at = schedule({ kind: "wsd", warmup: 10, steps: 100, floor: 0.1, cooldown: 0.25 });
    expect([at(5), at(10), at(11), at(60), at(75), at(76)]).toEqual([0.5, 1, 1, 1, 1, 1]);
    expect(at(82)).toBeCloseTo(0.1 + 0.9 * (1 - Math.sqrt(6 / 25)), 12);
    expect(at(100)).toBeCloseTo(0.1 + 0.9 * (1 - Math.sqrt(24 / 25)), 12);
    expect(at(101)).toBeCloseTo(0.1, 12);
    // A fifth where nothing else is asked for, and never before the warmup is over.
    const usual = schedule({ kind: "wsd", warmup: 0, steps: 50 });
    expect([usual(41), usual(42) < 1]).toEqual([1, true]);
    const short = schedule({ kind: "wsd", warmup: 30, steps: 40, cooldown: 1 });
    expect([short(30), short(31), short(32) < 1]).toEqual([1, 1, true]);
  });

  it("refuse a cooldown out of range", () => {
    for (const cooldown of [0, 1.5, Number.NaN])
      expect(() => schedule({ kind: "wsd", warmup: 0, steps: 10, cooldown })).toThrow(
        "above 0 and at most 1",
      );
  });

  it("suggests the nearest name", () => {
    expect(() => schedule({ kind: "cosin" as never, warmup: 0, steps: 1 })).toThrow(/did you mean "cosine"/);
  });
});
