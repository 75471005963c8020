import { expect, test } from "vitest";
import { optionInFlags } from "./flags.ts";

test("an option is called as the command line has it", () => {
  expect(optionInFlags("nearDuplicates.words", 0.9)).toBe("--near 0.9");
  expect(optionInFlags("nearDuplicates", false)).toBe("--no-near");
  expect(optionInFlags("prepareText", true)).toBe("--raw");
  expect(optionInFlags("cleaning.keepUnicode")).toBe("--keep-unicode");
});
