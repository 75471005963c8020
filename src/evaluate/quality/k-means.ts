/**
 * k-means clustering: Lloyd's algorithm from k-means++ centres (Arthur and Vassilvitskii 2007), the best of
 * a few seeded runs.
 */
import { Random } from "../../core/random.ts";

export interface KMeansOptions {
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Runs from different centres. Default 3. */
  readonly runs?: number | undefined;
  /** Most rounds of a run. Default 100. */
  readonly rounds?: number | undefined;
}

/**
 * The cluster (0 to k - 1) of each point.
 *
 * @param points equally long vectors
 * @param k clusters, at most as many as points
 */
export function kMeans(points: readonly Float32Array[], k: number, options: KMeansOptions = {}): Int32Array {
  const { seed = 0, runs = 3, rounds = 100 } = options;
  let best = new Int32Array(points.length);
  let least = Infinity;
  for (let run = 0; run < runs; run++) {
    const centres = firstCentres(points, k, new Random(seed, "k-means", run));
    const clusters = new Int32Array(points.length).fill(-1);
    let error = 0;
    for (let round = 0; round < rounds; round++) {
      const before = clusters.slice();
      error = assign(points, centres, clusters);
      if (clusters.every((cluster, i) => cluster === before[i])) break;
      moveCentres(points, centres, clusters);
    }
    if (error < least) {
      least = error;
      best = clusters;
    }
  }
  return best;
}

/** Each next centre is a point drawn with a chance proportional to its squared distance from the others. */
function firstCentres(points: readonly Float32Array[], k: number, random: Random): Float64Array[] {
  const centres = [Float64Array.from(points[random.below(points.length, 0)]!)];
  const distances = points.map((point) => squaredDistance(point, centres[0]!));
  while (centres.length < k) {
    let left = random.uniform(centres.length) * distances.reduce((a, b) => a + b, 0);
    let chosen = 0;
    while (chosen < points.length - 1 && left >= distances[chosen]!) left -= distances[chosen++]!;
    const centre = Float64Array.from(points[chosen]!);
    centres.push(centre);
    points.forEach((point, i) => {
      distances[i] = Math.min(distances[i]!, squaredDistance(point, centre));
    });
  }
  return centres;
}

/** Assigns each point to its nearest centre; returns the sum of squared distances. */
function assign(
  points: readonly Float32Array[],
  centres: readonly Float64Array[],
  clusters: Int32Array,
): number {
  let error = 0;
  points.forEach((point, i) => {
    let least = Infinity;
    centres.forEach((centre, c) => {
      const distance = squaredDistance(point, centre);
      if (distance >= least) return;
      least = distance;
      clusters[i] = c;
    });
    error += least;
  });
  return error;
}

/** Moves each centre to the mean of its points; one without points stays. */
function moveCentres(points: readonly Float32Array[], centres: Float64Array[], clusters: Int32Array): void {
  const sizes = new Int32Array(centres.length);
  for (const cluster of clusters) sizes[cluster]!++;
  centres.forEach((centre, c) => {
    if (sizes[c]! > 0) centre.fill(0);
  });
  points.forEach((point, i) => {
    const centre = centres[clusters[i]!]!;
    for (let d = 0; d < point.length; d++) centre[d]! += point[d]! / sizes[clusters[i]!]!;
  });
}

function squaredDistance(point: Float32Array, centre: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < point.length; d++) sum += (point[d]! - centre[d]!) ** 2;
  return sum;
}
