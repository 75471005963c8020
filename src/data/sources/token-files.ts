/** Files of tokens, by their names. */

/** The end of a token file's name. */
export const TOKENS = ".tokens";

/** Whether a name is that of a token file. */
export const isTokenFile = (name: string): boolean => name.toLowerCase().endsWith(TOKENS);
