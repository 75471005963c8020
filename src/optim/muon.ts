/**
 * Muon: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"
 * (https://kellerjordan.github.io/posts/muon), and AdamW for the parameters that are not for it.
 *
 *     m = momentum * m + (1 - momentum) * g            g: the gradient, scaled and clipped
 *     d = (1 - momentum) * g + momentum * m            Nesterov's look-ahead
 *     p = p - lr * (weightDecay * p + 0.2 * sqrt(max(rows, columns)) * orthogonal(d))
 *
 * `orthogonal(d)` is close to U Vᵀ of the singular value decomposition U S Vᵀ of d: five Newton-Schulz steps with the
 * authors' quintic. Its elements have a root mean square of about 1 / sqrt(max(rows, columns)), so that the factor
 * gives each matrix steps as large as AdamW's, and one learning rate and one weight decay serve both: Liu et al. 2025,
 * "Muon is scalable for LLM training" (arXiv 2502.16982), section 2.2.
 *
 * Muon updates what maps hidden numbers to hidden numbers: {@link isForMuon}. A matrix of several maps side by side,
 * such as queries, keys and values or the gates of an LSTM, is orthogonalised map by map; a convolution is one map
 * from all the inputs that it sees.
 */
import { UsageError } from "../core/errors.ts";
import { checkList, checkOptions, invalidOption, optionNames } from "../core/options.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import { reshape, sum } from "../ops/broadcast.ts";
import { add, divide, multiply, sqrt, subtract } from "../ops/elementwise.ts";
import { matmul } from "../ops/matmul.ts";
import { concatenate, split, transpose } from "../ops/movement.ts";
import type { Backend } from "../runtime/backend.ts";
import { compile } from "../runtime/compile.ts";
import { type AdamWOptions, adamw, flushPeriod, negligible } from "./adamw.ts";
import type { Named } from "./in-graph.ts";
import { type Optimizer, requireMoments } from "./optimizer.ts";

/** A parameter as Muon sees it. */
export interface MuonEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly decay: boolean;
  readonly trainable?: boolean | undefined;
  /** An embedding, which may be the head as well. */
  readonly table?: boolean | undefined;
  /** A head that is no embedding. */
  readonly head?: boolean | undefined;
  /** How many maps of one size lie side by side along an axis. Absent: one. */
  readonly maps?: { readonly axis: 0 | 1; readonly count: number } | undefined;
}

export interface MuonOptions extends AdamWOptions {
  /** Share of the last direction that is kept. Default 0.95. */
  readonly momentum?: number | undefined;
}

const muonNames = optionNames<keyof MuonOptions>()("momentum betas eps weightDecay");

/** Coefficients of the quintic a x + b x³ + c x⁵, chosen by the authors so that small singular values grow fastest. */
const [a, b, c] = [3.4445, -4.775, 2.0315];
const STEPS = 5;
/** Added to a matrix's norm. */
const EPS = 1e-7;
/** Root mean square of an update's elements: about that of AdamW's. */
const RMS = 0.2;

/** Whether Muon updates a parameter: a trained matrix that is neither embedding nor head. */
export const isForMuon = ({ shape, decay, trainable, table, head }: MuonEntry): boolean =>
  trainable !== false && decay && shape.length >= 2 && !table && !head;

/**
 * @param entries the model's parameters; the matrices of hidden layers must lie in the arena as `orthogonal`
 * @param backend where the matrices are orthogonalised
 * @throws UsageError for a number out of range, or a model without such a matrix
 */
export function muon(entries: readonly MuonEntry[], backend: Backend, options: MuonOptions = {}): Optimizer {
  const { momentum = 0.95, weightDecay = 0.01, ...rest } = checkOptions(options, muonNames);
  if (!(momentum >= 0 && momentum < 1)) throw invalidOption("momentum", momentum, "at least 0 and below 1");
  checkList(entries ?? null, "entries");
  const matrices = entries.filter(isForMuon);
  if (matrices.length === 0)
    throw new UsageError(
      "Muon updates matrices of hidden layers, and none is trained here; choose another optimizer.",
    );
  const others = adamw({ ...rest, weightDecay });
  const orthogonalise = compile((directions: Directions) => orthogonalised(matrices, directions), {
    backend,
  });
  const flushEvery = flushPeriod(momentum);
  const orthogonal = new Set(matrices.map(({ name }) => name));
  return {
    moments: 2,
    graph: {
      scalars: (place) => ({ ...others.graph.scalars(place), lr: place.lr }),
      update(state, gradients, scalars, decays) {
        const apart = (named: Named, own: boolean): Named =>
          Object.fromEntries(Object.entries(named).filter(([name]) => orthogonal.has(name) === own));
        const rest = others.graph.update(
          {
            parameters: apart(state.parameters, false),
            moment1: apart(state.moment1, false),
            moment2: state.moment2,
          },
          apart(gradients, false),
          scalars,
          decays,
        );
        const moments = Object.fromEntries(
          matrices.map(({ name }) => [
            name,
            add(multiply(state.moment1[name]!, momentum), multiply(gradients[name]!, 1 - momentum)),
          ]),
        );
        const directions = Object.fromEntries(
          matrices.map(({ name }) => [
            name,
            add(multiply(gradients[name]!, 1 - momentum), multiply(moments[name]!, momentum)),
          ]),
        );
        const updates = orthogonalised(matrices, directions);
        const parameters = Object.fromEntries(
          matrices.map(({ name }) => {
            const p = state.parameters[name]!;
            const change = weightDecay > 0 ? add(updates[name]!, multiply(p, weightDecay)) : updates[name]!;
            return [name, subtract(p, multiply(change, scalars.lr!))];
          }),
        );
        // In the order of the state before, so that the next step is the same graph.
        const together = (all: Named): Named =>
          Object.fromEntries(Object.keys(state.parameters).map((name) => [name, all[name]!]));
        return {
          parameters: together({ ...rest.parameters, ...parameters }),
          moment1: together({ ...rest.moment1, ...moments }),
          moment2: rest.moment2,
        };
      },
    },
    memory() {
      const specs = matrices.map(({ name, shape }): [string, Spec] => [name, { dtype: "float32", shape }]);
      return orthogonalise.memory(Object.fromEntries(specs));
    },
    async step({ moments, moment2, ranges, gradients }, place) {
      requireMoments({ moments }, "Muon", 2);
      const apart = (name: string) => gradients[name] !== undefined && moment2[name] === undefined;
      const odd = matrices.find(({ name }) => !apart(name));
      if (odd)
        throw new UsageError(`Muon needs its matrices apart: lay "${odd.name}" out as \`orthogonal\`.`);
      others.step({ moments, ranges: ranges.filter(({ orthogonal }) => !orthogonal) }, place);
      const own = ranges.filter(({ orthogonal }) => orthogonal);
      const fresh = (1 - momentum) * place.gradScale;
      for (const { kernels, gradients, moment1, length } of own) {
        kernels.scale(moment1, length, momentum);
        kernels.axpy(moment1, gradients, length, fresh);
        if (place.step % flushEvery === 0) kernels.flush(moment1, length, negligible);
        kernels.scale(gradients, length, fresh);
        kernels.axpy(gradients, moment1, length, momentum);
      }
      // Directions are in the gradients' place, and so are the orthogonal matrices after them.
      const directions = Object.fromEntries(matrices.map(({ name }) => [name, gradients[name]!]));
      await orthogonalise.run([directions], { into: directions });
      for (const { kernels, parameters, gradients, length } of own)
        kernels.sgd(parameters, gradients, length, 1, weightDecay, place.lr);
    },
    release: () => orthogonalise.release(),
  };
}

type Directions = Readonly<Record<string, Tensor>>;

/** The maps of one matrix, and the way back. */
interface Stack {
  readonly name: string;
  /** [maps, rows, columns], of which there are not more rows than columns. */
  readonly maps: Tensor;
  /** The matrix of such maps. */
  readonly join: (maps: Tensor) => Tensor;
}

/** Every matrix by its updates, all maps of one size in one product. */
function orthogonalised(matrices: readonly MuonEntry[], directions: Directions): Record<string, Tensor> {
  const sizes = new Map<string, Stack[]>();
  for (const entry of matrices) {
    const stack = stackOf(entry, directions[entry.name]!);
    const size = stack.maps.shape.slice(1).join("x");
    sizes.set(size, [...(sizes.get(size) ?? []), stack]);
  }
  const updates = new Map<string, Tensor>();
  for (const stacks of sizes.values()) {
    const all = stacks.map(({ maps }) => maps);
    const counts = all.map(({ shape }) => shape[0] as number);
    const apart = split(newtonSchulz(concatenate(all, 0)), 0, counts);
    for (const [i, { name, join }] of stacks.entries()) updates.set(name, join(apart[i]!));
  }
  return Object.fromEntries(matrices.map(({ name }) => [name, updates.get(name)!]));
}

/** The maps of a matrix with the longer side last. */
function stackOf({ name, shape, maps = { axis: 0, count: 1 } }: MuonEntry, matrix: Tensor): Stack {
  const { axis, count } = maps;
  const across = shape.slice(1).reduce((n, size) => n * size, 1);
  // Apart, the maps' axis is before (0) or between (1) those of their rows and columns.
  const apart = axis === 0 ? [count, shape[0]! / count, across] : [shape[0]!, count, across / count];
  const [rows, columns] = axis === 0 ? [1, 2] : [0, 2];
  const order = apart[rows]! <= apart[columns]! ? [axis, rows, columns] : [axis, columns, rows];
  const back = [0, 1, 2].map((k) => order.indexOf(k));
  return {
    name,
    maps: transpose(reshape(matrix, apart), order),
    join: (joined) => reshape(transpose(joined, back), shape),
  };
}

/** maps [n, rows, columns] → 0.2 √columns · their orthogonal factors, rows ≤ columns. */
function newtonSchulz(maps: Tensor): Tensor {
  const norms = sqrt(sum(multiply(maps, maps), [1, 2], true));
  let x = divide(maps, add(norms, EPS));
  for (let k = 0; k < STEPS; k++) {
    const gram = matmul(x, x, { transposeB: true });
    const odd = add(multiply(gram, b), matmul(gram, gram, { alpha: c }));
    x = add(multiply(x, a), matmul(odd, x));
  }
  return multiply(x, RMS * Math.sqrt(maps.shape[2] as number));
}
