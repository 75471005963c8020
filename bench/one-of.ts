/** Parts of a benchmark that can be run one at a time. */

/** The part that the variable of the environment names; all where it is not set. @throws Error for another name */
export function oneOf<T extends string>(variable: string, parts: readonly T[]): readonly T[] {
  const wanted = process.env[variable];
  if (wanted === undefined) return parts;
  const found = parts.filter((part) => part === wanted);
  if (found.length > 0) return found;
  throw new Error(`${variable} must be one of ${parts.join(", ")}, not ${JSON.stringify(wanted)}.`);
}
