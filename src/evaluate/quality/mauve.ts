/**
 * MAUVE: how near the distribution of a model's texts is to that of real ones (Pillutla et al., NeurIPS
 * 2021). The texts' vectors, of one encoder, are clustered together, and the two histograms over the clusters are
 * compared along a curve of mixtures: 1 for equal distributions, near 0 for different ones.
 *
 * As in the paper: k-means with a tenth as many clusters as texts of one kind, scaling 5, 25 mixtures.
 * Unlike there, vectors are scaled to length 1 but not projected on their principal components first, so
 * compare these values only with one another.
 */
import { UsageError } from "../../core/errors.ts";
import { type KMeansOptions, kMeans } from "./k-means.ts";

const SCALING = 5;
const MIXTURES = 25;

export interface MauveOptions extends KMeansOptions {
  /** Default: a tenth of the smaller number of texts, at least 2. */
  readonly clusters?: number | undefined;
}

/**
 * @param model feature vectors of the model's texts
 * @param real feature vectors of real texts, as long
 * @returns 0 to 1
 * @throws UsageError for vectors of different lengths, or fewer vectors than clusters
 */
export function mauve(
  model: readonly Float32Array[],
  real: readonly Float32Array[],
  options: MauveOptions = {},
): number {
  const points = [...model, ...real].map(unitLength);
  const { clusters = Math.max(2, Math.round(Math.min(model.length, real.length) / 10)) } = options;
  if (points.some((point) => point.length !== points[0]!.length))
    throw new UsageError("MAUVE compares feature vectors of one length; these have several.");
  if (Math.min(model.length, real.length) < 1 || points.length < clusters)
    throw new UsageError(
      `MAUVE needs texts of both kinds and at least as many as its ${clusters} clusters; got ${model.length} and ${real.length}.`,
      { option: "clusters", value: clusters },
    );
  const cluster = kMeans(points, clusters, options);
  return mauveOfHistograms(
    histogram(cluster.subarray(0, model.length), clusters),
    histogram(cluster.subarray(model.length), clusters),
  );
}

/**
 * Area under the divergence curve of two histograms (each sums to 1): for mixtures r of both, the points
 * (exp(-5 KL(q|r)), exp(-5 KL(p|r))), by the trapezoid rule.
 */
export function mauveOfHistograms(p: readonly number[], q: readonly number[]): number {
  const curve: [number, number][] = [[1, 0]];
  for (let i = 0; i < MIXTURES; i++) {
    const weight = 1e-6 + (i * (1 - 2e-6)) / (MIXTURES - 1);
    const mixture = p.map((value, k) => weight * value + (1 - weight) * q[k]!);
    curve.push([Math.exp(-SCALING * divergence(q, mixture)), Math.exp(-SCALING * divergence(p, mixture))]);
  }
  curve.push([0, 1]);
  let area = 0;
  for (let i = 1; i < curve.length; i++) {
    const [x0, y0] = curve[i - 1]!;
    const [x1, y1] = curve[i]!;
    area += ((x0 - x1) * (y0 + y1)) / 2;
  }
  return area;
}

/** Kullback-Leibler divergence of `p` from `r`, in nats; r is above 0 wherever p is. */
function divergence(p: readonly number[], r: readonly number[]): number {
  return p.reduce((sum, value, k) => (value === 0 ? sum : sum + value * Math.log(value / r[k]!)), 0);
}

function histogram(clusters: Int32Array, k: number): number[] {
  const counts = new Array<number>(k).fill(0);
  for (const cluster of clusters) counts[cluster]! += 1 / clusters.length;
  return counts;
}

function unitLength(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}
