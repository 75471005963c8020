/** Clipping by the global norm: Pascanu, Mikolov & Bengio (arXiv 1211.5063), as torch.nn.utils.clip_grad_norm_ does it. */
import { invalidOption } from "../core/options.ts";
import type { Arena } from "../runtime/arena.ts";

export interface Clipped {
  /** The L2 norm of all gradients together, times `scale`, before clipping. */
  readonly norm: number;
  /** The factor for the optimiser to multiply gradients by: `scale`, or less where the norm is too large. */
  readonly gradScale: number;
  /** False where a gradient is NaN or infinite: no step may be taken. */
  readonly finite: boolean;
}

/**
 * Measures the gradients; changes nothing.
 * @param maxNorm the largest norm that passes whole; Infinity for any
 * @param scale what gradients are multiplied by before they are measured, such as 1 / targets
 * @throws UsageError for a maximum that is not above 0
 */
export function clipGlobalNorm({ ranges }: Arena, maxNorm: number, scale = 1): Clipped {
  if (!(maxNorm > 0)) throw invalidOption("maxNorm", maxNorm, "above 0");
  let squares = 0;
  for (const { kernels, gradients, length } of ranges) squares += kernels.sumOfSquares(gradients, length);
  const norm = Math.sqrt(squares) * scale;
  const clip = Math.min(1, maxNorm / (norm + 1e-6));
  return { norm, gradScale: scale * clip, finite: Number.isFinite(norm) };
}
