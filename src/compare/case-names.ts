/** What the timed cases are called. */
export const caseNames = {
  tokenise: "tokenise the text",
  read: "read the text",
  fill: "fill one blank",
  cached: "next token, cached",
  uncached: "next token, anew",
  choose: "choose a token",
} as const;
