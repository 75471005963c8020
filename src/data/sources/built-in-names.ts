/** The names of the sources that come with the package. */
export const builtInSources = ["one-liners", "cities"] as const;

/** Whether a name is that of a source that comes with the package. */
export const isBuiltInSource = (name: string): boolean => builtInSources.some((known) => known === name);
