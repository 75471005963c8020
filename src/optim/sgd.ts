/** Stochastic gradient descent with momentum (Sutskever et al. 2013), as torch.optim.SGD does it. */
import { UsageError } from "../core/errors.ts";
import { checkOptions, invalidOption, optionNames } from "../core/options.ts";
import { add, multiply, subtract } from "../ops/elementwise.ts";
import { updateEach } from "./in-graph.ts";
import { type KernelOptimizer, requireMoments } from "./optimizer.ts";

export interface SgdOptions {
  /** Share of the last update that is kept. Default 0: no momentum. */
  readonly momentum?: number | undefined;
  /** Whether the step looks ahead along the momentum. Default false. */
  readonly nesterov?: boolean | undefined;
  /** Added to the gradient, times the parameter, where parameters decay. Default 0. */
  readonly weightDecay?: number | undefined;
}

const sgdNames = optionNames<keyof SgdOptions>()("momentum nesterov weightDecay");

/** @throws UsageError for a number out of range, or Nesterov's step without momentum */
export function sgd(options: SgdOptions = {}): KernelOptimizer {
  const { momentum = 0, nesterov = false, weightDecay = 0 } = checkOptions(options, sgdNames);
  if (!(momentum >= 0 && momentum < 1)) throw invalidOption("momentum", momentum, "at least 0 and below 1");
  if (!(weightDecay >= 0)) throw invalidOption("weightDecay", weightDecay, "at least 0");
  if (nesterov && momentum === 0)
    throw new UsageError("Nesterov's step needs a momentum above 0.", { option: "nesterov", value: true });
  const moments = momentum > 0 ? 1 : 0;
  return {
    moments,
    graph: {
      scalars: ({ lr }) => ({ lr }),
      update: (state, gradients, { lr }, decays) =>
        updateEach(state, gradients, decays, ({ p, g: gradient, m, decay }) => {
          const g = decay && weightDecay > 0 ? add(gradient, multiply(p, weightDecay)) : gradient;
          if (momentum === 0) return { p: subtract(p, multiply(g, lr!)) };
          const next = add(multiply(m!, momentum), g);
          const direction = nesterov ? add(g, multiply(next, momentum)) : next;
          return { p: subtract(p, multiply(direction, lr!)), m: next };
        }),
    },
    step(arena, { lr, gradScale }) {
      requireMoments(arena, "SGD with momentum", moments);
      for (const { kernels, parameters, gradients, moment1, length, decay } of arena.ranges) {
        const added = decay ? weightDecay : 0;
        if (momentum === 0) kernels.sgd(parameters, gradients, length, gradScale, added, lr);
        else
          kernels.sgdMomentum(
            parameters,
            gradients,
            moment1,
            length,
            gradScale,
            added,
            lr,
            momentum,
            nesterov ? 1 : 0,
          );
      }
    },
  };
}
