/** A comparison as the report draws it. */
import type { Comparison } from "../../compare/results.ts";

/** What went wrong, in sentences; undefined where nothing did. */
export function troublesOf({ failed, interrupted }: Comparison): string | undefined {
  const troubles = [
    ...failed.map(({ model, reason }) => `${model} could not be compared: ${reason}`),
    ...(interrupted ? ["The comparison was interrupted, so something may be missing."] : []),
  ];
  return troubles.length > 0 ? troubles.join(" ") : undefined;
}
