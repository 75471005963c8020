import { expect, test } from "vitest";
import { percent } from "../format.ts";
import { writtenShare } from "./share.ts";

test.each([
  [0, 0],
  [0.0003, 0.1],
  [0.035, 3.5],
  [0.42, 42],
  [0.9998, 99.9],
  [1, 100],
])("the share %d is read from the page as %d percent", (share, read) => {
  expect(writtenShare(percent(share))).toBe(read);
});
