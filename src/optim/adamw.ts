/** AdamW: Loshchilov & Hutter, "Decoupled Weight Decay Regularization" (arXiv 1711.05101), algorithm 2, as torch.optim.AdamW does it. */
import { UsageError } from "../core/errors.ts";
import { checkOptions, invalidOption, optionNames } from "../core/options.ts";
import { add, divide, multiply, sqrt, subtract } from "../ops/elementwise.ts";
import { updateEach } from "./in-graph.ts";
import { type KernelOptimizer, requireMoments } from "./optimizer.ts";

export interface AdamWOptions {
  /** Decay rates of the two moments. Default 0.9 and 0.999. */
  readonly betas?: readonly [number, number] | undefined;
  /** Added to the root of the second moment. Default 1e-8. */
  readonly eps?: number | undefined;
  /** Share of the learning rate by which parameters that decay shrink. Default 0.01. */
  readonly weightDecay?: number | undefined;
}

const adamwNames = optionNames<keyof AdamWOptions>()("betas eps weightDecay");

/** Moments below this are negligible compared with any useful `eps`. */
export const negligible = 1e-30;
const smallestNormal = 2 ** -126;

/** @throws UsageError for a number out of range */
export function adamw(options: AdamWOptions = {}): KernelOptimizer {
  const { betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0.01 } = checkOptions(options, adamwNames);
  const [beta1, beta2] = betas;
  if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
    throw new UsageError(`AdamW's betas must be at least 0 and below 1, not ${betas.join(" and ")}.`, {
      option: "betas",
      value: betas,
      expected: "two numbers, at least 0 and below 1",
    });
  }
  if (!(weightDecay >= 0)) throw invalidOption("weightDecay", weightDecay, "at least 0");
  const flushEvery = flushPeriod(Math.min(beta1, beta2));
  return {
    moments: 2,
    graph: {
      scalars({ step, lr }) {
        const root = Math.sqrt(1 - beta2 ** step);
        return {
          stepSize: (lr * root) / (1 - beta1 ** step),
          epsilon: eps * root,
          shrink: 1 - lr * weightDecay,
        };
      },
      update: (state, gradients, { stepSize, epsilon, shrink }, decays) =>
        updateEach(state, gradients, decays, ({ p, g, m, v, decay }) => {
          const m1 = add(multiply(m!, beta1), multiply(g, 1 - beta1));
          const m2 = add(multiply(v!, beta2), multiply(multiply(g, g), 1 - beta2));
          const change = divide(multiply(m1, stepSize!), add(sqrt(m2), epsilon!));
          return { p: subtract(decay ? multiply(p, shrink!) : p, change), m: m1, v: m2 };
        }),
    },
    step({ moments, ranges }, { step, lr, gradScale }) {
      requireMoments({ moments }, "AdamW", 2);
      // p -= lr · (m / c1) / (√(v / c2) + eps), with √c2 taken out of the fraction.
      const root = Math.sqrt(1 - beta2 ** step);
      const stepSize = (lr * root) / (1 - beta1 ** step);
      for (const { kernels, parameters, gradients, moment1, moment2, length, decay } of ranges) {
        const shrink = decay ? 1 - lr * weightDecay : 1;
        kernels.adamw(
          parameters,
          gradients,
          moment1,
          moment2,
          length,
          gradScale,
          shrink,
          beta1,
          1 - beta1,
          beta2,
          1 - beta2,
          stepSize,
          eps * root,
        );
        if (step % flushEvery === 0) {
          kernels.flush(moment1, length, negligible);
          kernels.flush(moment2, length, negligible);
        }
      }
    },
  };
}

/**
 * Steps after which small moments are set to zero. Without a gradient (a word that does not occur) moments
 * decay into subnormal numbers, on which arithmetic is some thirty times slower, and rounding keeps them
 * there. In this many steps none gets there from `negligible`.
 */
export function flushPeriod(beta: number): number {
  return Math.max(1, Math.floor(Math.log(smallestNormal / negligible) / Math.log(beta)));
}
