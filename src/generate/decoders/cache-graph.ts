/**
 * The graph that decodes with a cache of keys and values, and the memory of the cache. Where a backend may write a
 * result into the memory of an input, the graph puts the new tokens' keys and values behind the others itself. Elsewhere it
 * returns those of the new tokens alone, which are copied there, so that a token costs the same memory traffic whatever
 * the room for more.
 */
import { type HostArray, int32 } from "../../core/array.ts";
import { remember } from "../../core/remember.ts";
import type { Spec } from "../../graph/tree.ts";
import { type ModelInput, type State, zeroState } from "../../models/model.ts";
import { appendTo, capacityAxis, readsUsedAlone, withoutRoom } from "../../models/state.ts";
import { evaluation } from "../../nn/mode.ts";
import type { Parameters } from "../../nn/parameters.ts";
import { compile } from "../../runtime/compile.ts";
import { type LanguageModel, type Weights, weightSpecs } from "../language-model.ts";

type Arrays = Readonly<Record<string, HostArray>>;

export interface CacheGraph {
  /** Whether the cache grows in place. Several tokens at once then need one row, or rows with nothing in use. */
  readonly inPlace: boolean;
  /** Whether room that is not in use takes no time: elsewhere attention passes over it. */
  readonly roomIsFree: boolean;
  /**
   * Appends ids [rows, length] to the cache in `state`.
   * @param input.past tokens in use; of each row, where they differ
   * @param logits where the scores go
   * @returns the state after it, in the same memory
   */
  run(
    weights: Weights,
    input: { ids: HostArray<"int32">; state: Arrays; past: number | readonly number[] },
    logits: HostArray<"float32">,
  ): Promise<Record<string, HostArray>>;
  release(): Promise<void>;
}

/**
 * @param logits of the last token of each row, or of all
 * @param constant as `weightSpecs` has it
 */
export function cacheGraph(lm: LanguageModel, logits: "last" | "all" = "last", constant = false): CacheGraph {
  const { model, backend } = lm;
  const known = new Map<number, ReturnType<typeof model.state>>();
  const token: Spec = { dtype: "int32", shape: ["batch", "length"] };
  const inPlace = Boolean(backend.sharesMemory && model.growsInPlace);
  const step = compile(
    (parameters: Parameters, input: ModelInput & { state: State }) => {
      const { logits: scores, state } = model.forward(parameters, input, evaluation, { logits, inPlace });
      return { logits: scores, state };
    },
    {
      backend,
      specs: [weightSpecs(lm, constant), { ids: token, positions: token, state: model.state("batch") }],
    },
  );
  return {
    inPlace,
    roomIsFree: inPlace && readsUsedAlone(model.state(1)),
    release: () => step.release(),
    async run(weights, { ids, state, past }, scores) {
      const rows = ids.shape[0]!;
      const specs = remember(known, rows, () => model.state(rows));
      const used = typeof past === "number" ? new Array<number>(rows).fill(past) : past;
      const positions = positionsAfter(used, ids);
      if (inPlace) {
        const fixed = Object.entries(specs).filter(([, { shape }]) => capacityAxis(shape) < 0);
        const next = { ...state, ...zeroState(Object.fromEntries(fixed)) };
        await step.run([weights, { ids, positions, state }], { into: { logits: scores, state: next } });
        return next;
      }
      const empty = used.every((n) => n === 0);
      const result = await step.run(
        [weights, { ids, positions, state: empty ? withoutRoom(state, specs) : state }],
        {
          into: { logits: scores },
        },
      );
      return appendTo(state, specs, result.state as Arrays, used);
    },
  };
}

/** The positions of new tokens behind those of each row. */
function positionsAfter(used: readonly number[], ids: HostArray<"int32">): HostArray<"int32"> {
  const [, length] = ids.shape as readonly [number, number];
  const positions = int32(ids.shape);
  for (let i = 0; i < positions.data.length; i++)
    positions.data[i] = used[Math.floor(i / length)]! + (i % length);
  return positions;
}
