/** The version of Punchline, as written into run folders and printed by `--version`; equal to package.json's. */
export const version = "0.1.0";
