/** What `.ci/readme.mjs` runs of a Markdown file: a fence that is never closed is refused with its place. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, runNode, temporaryFolder } from "./cli.ts";

const ran = (markdown: string) => {
  const file = join(temporaryFolder(), "some.md");
  writeFileSync(file, markdown);
  return runNode([join(root, ".ci/readme.mjs"), file]);
};

test.each([
  ["sh", "# Title\n\n```sh\necho one\n```\n\n```sh\necho two\n", 7],
  ["another language", "```json\n{}\n\n```sh\necho two\n```\n\n```ts\n", 8],
])("an unclosed fence of %s is an error with file and line", async (_, markdown, line) => {
  const { status, stderr, stdout } = await ran(markdown);
  expect(status).toBe(1);
  expect(stderr).toMatch(new RegExp(`some\\.md:${line}: the fence is never closed`));
  expect(stdout).toBe("");
});
