/** Files of tokens, by their names. */

/** The end of a token file's name. */
export const TOKENS = ".tokens";

/** Whether a name is that of a token file. */
export const isTokenFile = (name: string): boolean => name.toLowerCase().endsWith(TOKENS);

/** What the token file of a source may be called: `jokes.tokens` for `texts/jokes.csv.gz` and for `hf:owner/jokes`. */
export const tokenFileOf = (source: string): string =>
  `${
    source
      .split(/[/\\:]/)
      .pop()!
      .replace(/\.[^ ]*$/, "") || "corpus"
  }${TOKENS}`;
