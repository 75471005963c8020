import { describe, expect, it } from "vitest";
import { architectureOf } from "../models/registry.ts";
import { candidatesOf, gridOf, MOST_MODELS, withSizes } from "./grid.ts";

const of = (...names: string[]) => names.map((name) => architectureOf(name));

describe("the models of a comparison", () => {
  it("are the architectures, or each of them in every size", () => {
    const named = (...args: Parameters<typeof candidatesOf>) => candidatesOf(...args).map(({ name }) => name);
    expect(named(of("char-rnn", "char-bilstm"), {})).toEqual(["char-rnn", "char-bilstm"]);
    expect(named(of("char-rnn", "char-gru"), { layers: [1, 2], width: [8, 16] })).toEqual([
      ...["char-rnn 1x8", "char-rnn 1x16", "char-rnn 2x8", "char-rnn 2x16"],
      ...["char-gru 1x8", "char-gru 1x16", "char-gru 2x8", "char-gru 2x16"],
    ]);
    expect(named(of("char-rnn"), { layers: [1, 2, 1] })).toEqual(["char-rnn 1 layer", "char-rnn 2 layers"]);
    expect(named(of("char-bilstm"), { width: [8] })).toEqual(["char-bilstm 8 wide"]);
  });

  it("are by default those that have the sizes", () => {
    const all = of("char-rnn", "char-bilstm", "char-cnn");
    expect(withSizes(all, { layers: [1], width: [8] }).map(({ type }) => type)).toEqual([
      "char-rnn",
      "char-cnn",
    ]);
    expect(withSizes(all, {})).toEqual(all);
  });

  it("have every size that is asked for, and are not too many", () => {
    const refused =
      (...args: Parameters<typeof candidatesOf>) =>
      (sentence: string) =>
        expect(() => candidatesOf(...args)).toThrow(sentence);
    refused(of("char-rnn", "char-bilstm"), { layers: [1] })("char-bilstm has no option `layers`");
    refused(of("char-rnn"), { layers: [] })("`layers` needs one number or more");
    refused(of("char-cnn"), { layers: [1, 13] })(
      "`layers` of char-cnn must be a number from 1 to 12, not 13",
    );
    refused(of("char-rnn"), { width: [8.5] })("must be a whole number");
    refused(of("char-rnn"), { width: 8 as unknown as number[] })("`width` must be a list");
    refused(of("gpt2"), { width: [30] })("`heads");
    const widths = Array.from({ length: MOST_MODELS + 1 }, (_, i) => i + 1);
    refused(of("char-rnn"), { width: widths })("That would be 101 models");
    expect(candidatesOf(of("char-rnn"), { width: widths.slice(1) })).toHaveLength(MOST_MODELS);
  });

  it("are a table, with gaps for those that are not trained", () => {
    const trained = [
      { name: "char-gru 2x8", bits_per_character: 2 },
      { name: "char-rnn 1x8", bits_per_character: 3 },
    ];
    expect(gridOf(of("char-rnn", "char-gru"), { layers: [1, 2], width: [8] }, trained)).toEqual({
      columns: [
        { layers: 1, width: 8 },
        { layers: 2, width: 8 },
      ],
      rows: [
        { model: "char-rnn", bits_per_character: [3, null] },
        { model: "char-gru", bits_per_character: [null, 2] },
      ],
    });
    expect(gridOf(of("char-rnn"), {}, trained)).toBeNull();
  });
});
