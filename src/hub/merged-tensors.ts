/** A base model's tensors with a LoRA adapter merged into them as they are read: W + s · B · A. */
import { sizeOf } from "../core/array.ts";
import { InputError } from "../core/errors.ts";
import { type AppliedAdapter, readAdapterName } from "./adapter.ts";
import type { TensorInfo } from "./safetensors.ts";
import type { TensorSource } from "./tensor-source.ts";

/** The two factors of one adapted matrix, as the adapter's file has them. */
interface Factors {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

/**
 * The base's tensors, the adapted ones merged. The result's `close` closes both sources.
 * @throws InputError `adapter`, which names the tensor, where the adapter does not fit the base
 */
export function mergeAdapter(
  base: TensorSource,
  adapter: TensorSource,
  { base: named, rank, scale, inputsFirst }: AppliedAdapter,
  where: string,
): TensorSource {
  const otherBase = (reason: string) => unfit(where, `${reason}; it is an adapter of "${named}"`);
  const adapted = new Map<string, Factors>();
  for (const [map, factors] of pairs(adapter, where)) {
    const name = weightOf(map, base);
    const weight = name === undefined ? undefined : base.tensors.get(name);
    const size = [factors.b.shape[0], factors.a.shape[1]];
    const expected = inputsFirst ? size.toReversed() : size;
    if (!weight) throw otherBase(`the model has no matrix "${map}.weight"`);
    const shapes = [factors.a, factors.b, weight].map(({ shape }) => `[${shape.join(", ")}]`);
    if (factors.a.shape[0] !== rank || factors.b.shape[1] !== rank)
      throw unfit(
        where,
        `A ${shapes[0]} and B ${shapes[1]} of "${map}" are not of the rank ${rank} that "r" of its configuration gives`,
      );
    if (weight.shape.join() !== expected.join())
      throw otherBase(
        `A ${shapes[0]} and B ${shapes[1]} of "${map}" do not fit the model's weight ${shapes[2]}`,
      );
    adapted.set(weight.name, factors);
  }
  return {
    tensors: new Map(
      [...base.tensors].map(([name, info]) => [
        name,
        adapted.has(name) ? { ...info, dtype: "F32", adapted: true } : info,
      ]),
    ),
    metadata: base.metadata,
    async read(name, into) {
      const factors = adapted.get(name);
      await base.read(name, into);
      if (!factors) return;
      if (!(into instanceof Float32Array))
        throw unfit(where, `"${name}" is merged in float32, and cannot be read in the bytes of the base`);
      const [a, b] = [await read(adapter, factors.a), await read(adapter, factors.b)];
      addProduct(into, a, b, factors.a.shape[0]!, { scale, inputsFirst });
    },
    locate: (name) => (adapted.has(name) ? undefined : base.locate?.(name)),
    async close() {
      await base.close();
      await adapter.close();
    },
  };
}

/** A and B of each adapted map. */
function pairs({ tensors }: TensorSource, where: string): [string, Factors][] {
  const found = new Map<string, { A?: TensorInfo | undefined; B?: TensorInfo | undefined }>();
  for (const info of tensors.values()) {
    const name = readAdapterName(info.name);
    if (!name || info.shape.length !== 2)
      throw unfit(where, `"${info.name}" is no LoRA matrix of a linear map`);
    found.set(name.map, { ...found.get(name.map), [name.factor]: info });
  }
  if (found.size === 0) throw unfit(where, "it holds no LoRA matrices");
  return [...found].map(([map, { A, B }]) => {
    if (!A || !B) throw unfit(where, `"${map}" has only one of the matrices A and B`);
    return [map, { a: A, b: B }];
  });
}

/** The base's name of a map's weight; either may lack a prefix that the other has, such as `transformer.`. */
function weightOf(map: string, { tensors }: TensorSource): string | undefined {
  const wanted = `${map}.weight`;
  if (tensors.has(wanted)) return wanted;
  return [...tensors.keys()].find((name) => name.endsWith(`.${wanted}`) || wanted.endsWith(`.${name}`));
}

async function read(source: TensorSource, { name, shape }: TensorInfo): Promise<Float32Array> {
  const data = new Float32Array(sizeOf(shape));
  await source.read(name, data);
  return data;
}

/** Adds s · B · A to `weight`, [outputs, inputs] or, where inputs come first, its transpose. A [rank, inputs], B [outputs, rank]. */
export function addProduct(
  weight: Float32Array,
  a: Float32Array,
  b: Float32Array,
  rank: number,
  { scale, inputsFirst }: Pick<AppliedAdapter, "scale" | "inputsFirst">,
): void {
  const inputs = a.length / rank;
  const outputs = b.length / rank;
  const [toOutput, toInput] = inputsFirst ? [1, outputs] : [inputs, 1];
  const sums = new Float64Array(inputs);
  for (let o = 0; o < outputs; o++) {
    sums.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = scale * b[o * rank + k]!;
      for (let i = 0; i < inputs; i++) sums[i]! += factor * a[k * inputs + i]!;
    }
    for (let i = 0; i < inputs; i++) weight[o * toOutput + i * toInput]! += sums[i]!;
  }
}

const unfit = (where: string, reason: string): InputError =>
  new InputError("adapter", `Cannot use the adapter ${where}: ${reason}.`, { where });
