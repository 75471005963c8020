/** Keeps labels from overlapping: moves them up and down, as little as needed. */

export interface Label {
  /** Left edge, width and centre height, in pixels. */
  readonly x: number;
  readonly width: number;
  readonly y: number;
}

/**
 * New heights for `labels`, in their order, at least `gap` apart where they share a column, and between
 * `top` and `bottom` where they fit. Labels that overlap move by equal shares, so that a crowd stays centred.
 */
export function separate(
  labels: readonly Label[],
  gap: number,
  top: number,
  bottom: number,
): readonly number[] {
  const y = labels.map((l) => Math.min(bottom, Math.max(top, l.y)));
  const order = labels.map((_, i) => i).sort((a, b) => y[a]! - y[b]! || labels[a]!.y - labels[b]!.y || a - b);
  const share = (a: Label, b: Label) => a.x < b.x + b.width && b.x < a.x + a.width;
  for (let round = 0; round < 200; round++) {
    let moved = false;
    for (let i = 0; i < order.length; i++) {
      for (let j = i + 1; j < order.length; j++) {
        const [upper, lower] = [order[i]!, order[j]!];
        const lack = gap - (y[lower]! - y[upper]!);
        if (lack < 0.01 || !share(labels[upper]!, labels[lower]!)) continue;
        const up = Math.min(lack / 2, y[upper]! - top);
        const down = Math.min(lack - up, bottom - y[lower]!);
        y[upper]! -= up;
        y[lower]! += down;
        moved ||= up + down > 0.01;
      }
    }
    if (!moved) break;
  }
  return y;
}
