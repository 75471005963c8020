import { expect, test } from "vitest";
import { documentInFlags, inFlags } from "./flags.ts";

test("options of the library become flags", () => {
  expect(inFlags('`maxLength` needs `windows: "shuffled"`, `lora: true` or `space: false`; `rank: 4`.')).toBe(
    "--max-length needs --windows shuffled, --lora or --no-space; --rank 4.",
  );
  expect(inFlags("give `validationSource`.")).toBe("give --validation-file.");
  expect(inFlags(`\`engines: "transformers.js"\` needs it.`)).toBe("--backend transformers.js needs it.");
  expect(inFlags("`cleaning.keepUnicode: false`, `fractions.validation` and `header: true`")).toBe(
    "--no-keep-unicode, --validation and --header",
  );
  expect(inFlags("`nearDuplicates.words: 0.9` drops fewer, `nearDuplicates: false` none")).toBe(
    "--near 0.9 drops fewer, --no-near none",
  );
});

test("a document's sentences get flags, and texts of models do not", () => {
  const document = { text: "`topK`", notes: ["use `topK`"], models: [{ reason: "`seed`", x: null, n: 1 }] };
  expect(documentInFlags(document)).toEqual({
    text: "`topK`",
    notes: ["use --top-k"],
    models: [{ reason: "--seed", x: null, n: 1 }],
  });
});
