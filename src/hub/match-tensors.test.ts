import { describe, expect, it } from "vitest";
import { matchTensors, readTensors } from "./match-tensors.ts";
import type { TensorSource } from "./tensor-source.ts";

/** A source that holds, for each name, a tensor of that shape filled with its place in the list. */
function source(
  shapes: Record<string, number[]>,
  values: Record<string, number[]> = {},
): TensorSource & { reads: string[] } {
  const names = Object.keys(shapes);
  const reads: string[] = [];
  return {
    tensors: new Map(
      names.map((name) => [name, { name, dtype: "F32", shape: shapes[name]!, begin: 0, end: 0 }]),
    ),
    metadata: {},
    reads,
    async read(name, into) {
      reads.push(name);
      (into as Float32Array).set(values[name] ?? Array(into.length).fill(names.indexOf(name)));
    },
    async close() {},
  };
}

describe("matchTensors", () => {
  const expected = [
    { name: "transformer.wte.weight", shape: [4, 2] },
    { name: "lm_head.weight", shape: [4, 2] },
    { name: "transformer.h.0.bias", shape: [2] },
  ];

  it("finds names with and without prefix, by alias, renamed, and passes over what may be ignored", () => {
    const matches = matchTensors(
      expected.slice(1),
      source({
        "wte.weight": [4, 2],
        "h.0.beta": [2],
        "h.0.attn.masked_bias": [],
        "h.0.attn.bias": [1, 1, 4, 4],
      }),
      {
        prefixes: ["transformer."],
        aliases: { "lm_head.weight": ["transformer.wte.weight"] },
        rename: [[/beta$/, "bias"]],
        ignore: [/^h\.\d+\.attn\.(masked_)?bias$/],
      },
    );
    expect(Object.fromEntries(matches)).toEqual({
      "lm_head.weight": "wte.weight",
      "transformer.h.0.bias": "h.0.beta",
    });
  });

  it("does not take one of two parameters for the other where either is missing", () => {
    const aliases = { "transformer.wte.weight": ["lm_head.weight"] };
    const both = source({ "lm_head.weight": [4, 2], "transformer.h.0.bias": [2] });
    expect(() => matchTensors(expected, both, { aliases })).toThrow(/: missing: transformer\.wte\.weight\.$/);
    expect(matchTensors([expected[0]!, expected[2]!], both, { aliases }).get("transformer.wte.weight")).toBe(
      "lm_head.weight",
    );
  });

  it("says of weights without a head that they are of another model of the family", () => {
    const base = source({ "wte.weight": [4, 2], "h.0.bias": [2], "score.weight": [2, 2] });
    expect(() => matchTensors(expected, base, { prefixes: ["transformer."], head: /^lm_head\./ })).toThrow(
      "The weights have no head that scores tokens (missing: lm_head.weight; unknown: score.weight): a base model, " +
        "or one that classifies, neither writes nor fills masks; take one that was saved with that head.",
    );
  });

  it("lists everything that does not fit, in one error", () => {
    const act = () =>
      matchTensors(expected, source({ "transformer.wte.weight": [2, 4], "score.weight": [2, 2] }));
    expect(act).toThrow(
      "The weights do not fit the model that config.json describes: missing: lm_head.weight, transformer.h.0.bias; " +
        "unknown: score.weight; of another shape: transformer.wte.weight is [2, 4], not [4, 2].",
    );
    expect(act).toThrowError(expect.objectContaining({ code: "tensor-mismatch" }));
  });

  it("refuses one tensor under two spellings, and shortens long lists in the sentence only", () => {
    const twice = source({ "wte.weight": [4, 2], "transformer.wte.weight": [4, 2] });
    const options = { prefixes: ["transformer."] };
    expect(() => matchTensors([expected[0]!], twice, options)).toThrow("twice under two spellings");
    const many = Array.from({ length: 30 }, (_, i) => ({ name: `w${i}`, shape: [1] }));
    try {
      matchTensors(many, source({}));
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message).toContain("w5 and 24 more");
      expect((error as { details: { missing: string[] } }).details.missing).toHaveLength(30);
    }
  });
});

describe("readTensors", () => {
  it("fills every slot in the order of the file and returns which optional ones are absent", async () => {
    const from = source({ b: [1], a: [2] });
    const slots = [
      { name: "a", shape: [2], data: new Float32Array(2) },
      { name: "gone", shape: [1], data: new Float32Array(1), optional: true },
      { name: "b", shape: [1], data: new Float32Array(1) },
    ];
    expect(await readTensors(slots, from)).toEqual(["gone"]);
    expect(from.reads).toEqual(["b", "a"]);
    expect(slots.map((s) => [...s.data])).toEqual([[1, 1], [0], [0]]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "refuses a weight of %d",
    async (value) => {
      const slots = [{ name: "w", shape: [3], data: new Float32Array(3) }];
      await expect(readTensors(slots, source({ w: [3] }, { w: [1, value, 3] }))).rejects.toMatchObject({
        code: "tensor-not-finite",
        details: { name: "w", index: 1 },
      });
    },
  );
});
