/**
 * Quantised weights of a model's folder: packed once, kept in a file next to the model, and mapped from there
 * ever after. Where the folder cannot be written to, they are packed into memory each time.
 */
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { float32, type HostArray, type StoredArray, sizeOf } from "../core/array.ts";
import { InputError } from "../core/errors.ts";
import { remember } from "../core/remember.ts";
import { removePartialFiles } from "../files/atomic.ts";
import type { ModelFolder } from "../hub/folder.ts";
import { type MatchOptions, matchTensors } from "../hub/match-tensors.ts";
import type { TensorToWrite } from "../hub/safetensors-checksums.ts";
import { openSafetensors, writeSafetensors } from "../hub/safetensors-file.ts";
import { areWhole } from "../hub/stored-weights.ts";
import { checkFinite, type TensorSource } from "../hub/tensor-source.ts";
import type { Model } from "../models/model.ts";
import {
  bitsOf,
  oneAfterAnother,
  type PackedMatrix,
  type Quantization,
  quantizable,
  quantizeMatrix,
  roundColumns,
} from "../models/quantize.ts";
import type { Weights } from "./language-model.ts";

/** The version of the packed files; another one is not read. */
const FORMAT = "6";

/** Milliseconds after which half a file that nobody wrote to is one of a killed process. */
const DEAD = 3_600_000;

type Arrays = Record<string, HostArray<PackedType>>;

const storedTypes = { float32: "F32", uint8: "U8", int8: "I8" } as const;
type PackedType = keyof typeof storedTypes;

const tensorToWrite = ([name, { dtype, shape, data }]: [string, HostArray<PackedType>]): TensorToWrite => ({
  name,
  dtype: storedTypes[dtype],
  shape,
  data,
});

export interface Rounding {
  readonly quantization: Quantization;
  /** Whether matrices are whole numbers with a scale for each output. Default false: blocks of a row have one. */
  readonly integers?: boolean | undefined;
}

/** A file for each layout: an open model may be reading the other one. */
const cacheName = ({ quantization, integers }: Rounding): string =>
  `punchline-${quantization}${integers ? "-integers" : ""}.safetensors`;

/** @throws InputError as `matchTensors` and `checkFinite`, and those of reading the folder. */
export async function openQuantized(
  folder: ModelFolder,
  model: Model,
  rounding: Rounding,
  options: MatchOptions = {},
): Promise<Weights> {
  const path = join(folder.path, cacheName(rounding));
  const identity = {
    format: "pt",
    punchline: FORMAT,
    source: await fingerprint(folder),
    parameters: layoutHash(model),
  };
  const known = await mapPacked(path, model, identity);
  if (known) return known;
  const arrays = await pack(folder.tensors, model, rounding, options);
  // Another process may write there now; what cannot be deleted is left.
  await removePartialFiles(folder.path, DEAD).catch(() => {});
  try {
    await writeSafetensors(path, Object.entries(arrays).map(tensorToWrite), identity);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return withRows(arrays, model);
  }
  return (await mapPacked(path, model, identity)) ?? withRows(arrays, model);
}

/** Names and shapes of the parameters, and how each is packed: another config.json beside the same weights is another model. */
const layoutHash = ({ parameters }: Model): string =>
  createHash("sha256")
    .update(
      JSON.stringify(
        parameters.map(({ name, shape, outputs, table, packedIn }) => [
          name,
          shape,
          outputs,
          table,
          packedIn,
        ]),
      ),
    )
    .digest("hex");

/** Sizes and dates of the weights that a packed file was made of, and what an adapter among them was merged into. */
async function fingerprint({ path, files, base }: ModelFolder): Promise<string> {
  const own = await datesOf(path, files);
  if (base === undefined) return own;
  const { folder, applied } = base;
  return [
    own,
    applied.scale,
    applied.inputsFirst,
    resolve(folder),
    await datesOf(folder, await readdir(folder)),
  ].join(";");
}

async function datesOf(path: string, files: readonly string[]): Promise<string> {
  const sources = files
    .filter((name) => name.includes(".safetensors") && !name.startsWith("punchline-"))
    .sort();
  const facts = await Promise.all(
    sources.map(async (name) => {
      const { size, mtimeMs } = await stat(join(path, name));
      return `${name}:${size}:${Math.round(mtimeMs)}`;
    }),
  );
  return facts.join(";");
}

async function pack(
  source: TensorSource,
  model: Model,
  { quantization, integers }: Rounding,
  options: MatchOptions,
): Promise<Arrays> {
  const matches = matchTensors(model.parameters, source, options);
  const matrices = new Set(quantizable(model));
  const arrays: Arrays = {};
  /** Matrices by the name of what they are packed in: their own, or that of several as one. */
  const packs = new Map<string, PackedMatrix[]>();
  for (const spec of model.parameters) {
    const { name, shape } = spec;
    const stored = matches.get(name)!;
    const data = new Float32Array(sizeOf(shape));
    await source.read(stored, data);
    checkFinite(stored, data);
    if (!matrices.has(spec)) {
      arrays[name] = float32(shape, data);
      continue;
    }
    if (integers) addParts(arrays, name, roundColumns(data, spec));
    else
      remember(packs, spec.packedIn ?? name, (): PackedMatrix[] => []).push(
        quantizeMatrix(data, spec, bitsOf[quantization]),
      );
  }
  for (const [name, matrices] of packs) addParts(arrays, name, oneAfterAnother(matrices));
  return arrays;
}

function addParts(arrays: Arrays, name: string, parts: object): void {
  for (const [part, array] of Object.entries(parts)) arrays[`${name}.${part}`] = array;
}

/** The arrays of a packed file, left there; undefined where there is none of this identity, or it is damaged. */
async function mapPacked(
  path: string,
  model: Model,
  identity: Readonly<Record<string, string>>,
): Promise<Weights | undefined> {
  const source = await openSafetensors(path).catch((error: unknown) => {
    if (error instanceof InputError) return undefined;
    throw error;
  });
  if (!source) return undefined;
  await source.close();
  if (Object.entries(identity).some(([key, value]) => source.metadata[key] !== value)) return undefined;
  // Of what cannot be read, a new one is made too.
  if (!(await areWhole(source).catch(() => false))) return undefined;
  const arrays: Record<string, StoredArray> = {};
  for (const { name, dtype, shape } of source.tensors.values()) {
    const [known] = Object.entries(storedTypes).find(([, stored]) => stored === dtype)!;
    arrays[name] = { dtype: known as PackedType, shape, stored: source.locate!(name)! };
  }
  return withRows(arrays, model);
}

/** Tables that are read by row too get a second view of the same bytes. */
function withRows(arrays: Record<string, HostArray | StoredArray>, model: Model): Weights {
  const views = { ...arrays };
  for (const { name, outputs } of quantizable(model)) {
    const packed = arrays[`${name}.packed`];
    if (outputs !== 0 || !packed) continue;
    const [rows, blocks, bytes] = packed.shape as [number, number, number];
    views[`${name}.rows`] = { ...packed, shape: [rows, blocks * bytes] };
  }
  return views;
}
