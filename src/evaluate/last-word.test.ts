import { describe, expect, it } from "vitest";
import { modelFolder } from "../../test/export-fixture.ts";
import { loadModel } from "../generate/load.ts";
import { tokenLosses } from "../generate/token-losses.ts";
import { scoreLastWords } from "./last-word.ts";

describe("scoreLastWords", () => {
  it("scores the tokens of the last word given all before it", async () => {
    const lm = await loadModel(await modelFolder("gpt2", {}, 8));
    const passages = ["why did the hen cross", "a road is a road\n", "the hen"];
    const { loss, tokens, passages: count, accuracy } = await scoreLastWords(lm, passages);
    let [nats, expected] = [0, 0];
    for (const passage of passages) {
      const ids = lm.tokenizer.encode(passage.trimEnd());
      const before = lm.tokenizer.encode(passage.trimEnd().replace(/ \S+$/, ""));
      const [losses] = await tokenLosses(lm, [ids]);
      nats += losses!.slice(before.length - 1).reduce((a, b) => a + b, 0);
      expected += ids.length - before.length;
    }
    expect(tokens).toBe(expected);
    expect(loss).toBeCloseTo(nats / expected, 4);
    expect(count).toBe(3);
    expect(accuracy * 3).toBeCloseTo(Math.round(accuracy * 3), 9);
  });

  it("refuses a passage of one word", async () => {
    const lm = await loadModel(await modelFolder("gpt2"));
    await expect(scoreLastWords(lm, ["a hen", "hen"])).rejects.toThrow(
      /Passage 2 has no word before its last/,
    );
  });
});
