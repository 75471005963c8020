import { describe, expect, it } from "vitest";
import { countParameters } from "./model.ts";
import { architectureOf, architectures } from "./registry.ts";
import { innerParameters, optionsOfSize } from "./size.ts";

describe("the parameters without a vocabulary", () => {
  it("are those of the recurrent layers, as counted by hand", () => {
    const options = { width: 256, embedding: 64, layers: 1 };
    expect(innerParameters(architectureOf("char-lstm"), options, 100)).toBe(4 * 256 * (64 + 256) + 8 * 256);
    expect(innerParameters(architectureOf("word-rnn"), { width: 32 }, 5000)).toBe(32 * 64 + 2 * 32);
  });
});

const written = architectures.filter(({ tokens }) => tokens === "character" || tokens === "word");

describe("options of a size", () => {
  it.each(written.map((a) => [a.type, a] as const))("bring %s near it", (_, architecture) => {
    for (const parameters of [100_000, 500_000, 3_000_000]) {
      const options = optionsOfSize(architecture, parameters, 100);
      const size = innerParameters(architecture, options, 100);
      expect(size / parameters).toBeGreaterThan(0.8);
      expect(size / parameters).toBeLessThan(1.25);
      // Whatever the vocabulary.
      expect(optionsOfSize(architecture, parameters, 7000)).toEqual(options);
      const whole = architecture.build(architecture.configure(options, 100));
      expect(countParameters(whole)).toBeGreaterThan(size);
    }
  });

  it("are refused where there are none", () => {
    expect(() => optionsOfSize(architectureOf("char-cnn"), 100, 100)).toThrow(/`width: 16` it has \d+/);
  });
});

it.each(architectures.map((a) => [a.type, a] as const))(
  "options of %s are tried before there is a vocabulary",
  (_, architecture) => {
    expect(() => architecture.configure({}, 1)).not.toThrow();
  },
);

const withHeads = architectures.filter(({ options }) => "heads" in options && "config" in options);

it.each(withHeads.map((a) => [a.type, a] as const))(
  "heads of %s that do not divide the width are refused by the names of both options",
  (_, architecture) => {
    expect(() => architecture.configure({ width: 66, heads: 4 }, 100)).toThrow(
      "`width: 66` must be a multiple of `heads: 4`",
    );
  },
);
