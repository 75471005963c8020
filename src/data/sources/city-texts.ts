/** The built-in names of cities as texts. Runs in a browser. */

/** Every name once: some are those of several cities. */
export async function cityTexts(): Promise<readonly string[]> {
  const { cityNames } = await import("./city-names.ts");
  return [...new Set(Object.values(cityNames).flatMap((names) => names.split(", ")))];
}
