import { describe, expect, it } from "vitest";
import { UsageError } from "../../core/errors.ts";
import { auditSamples } from "./audit.ts";
import { Auditor } from "./auditor.ts";
import { auditLeaks } from "./leaks.ts";
import { buildIndex } from "./training-index.ts";

const train = [
  "Why did the chicken cross the road? To get to the other side!",
  "Why did the duck cross the road? To prove he was no chicken.",
  "I told my wife she was drawing her eyebrows too high. She looked surprised.",
  "Parallel lines have so much in common. It's a shame they'll never meet.",
  "I have a fear of speed bumps, but I am slowly getting over it.",
];
const unseen = [
  "My dog used to chase people on a bike a lot. In the end I took the bike away.",
  "What is brown and sticky? A stick.",
  "I HAVE a fear of speed bumps, but I'm slowly getting over it!",
  "Velcro: what a rip-off.",
];
const index = buildIndex(train);

describe("auditSamples", () => {
  it("gives the document of the command", async () => {
    const samples = [
      "why did the chicken cross the road, to get to the other side",
      "A new one about an otter.",
    ];
    const document = await auditSamples(samples, index, { heldOut: unseen, train, prompt: "Why did the" });
    expect(document.samples[0]).toMatchObject({
      text: samples[0],
      prompt: "Why did the",
      copy: true,
      copy_kind: "exact",
      words: 13,
      longest_span: { characters: samples[0]!.length, words: 13, text: samples[0] },
      cue: "why did the",
      same_cue_count: 2,
      same_cue: [train[0], train[1]],
      cue_matches: [
        {
          source: 0,
          text: train[0],
          words: 13,
          count: 1,
          in_sample: [0, samples[0]!.length],
          in_text: [0, train[0]!.length - 1],
          place: null,
        },
        { source: 1, text: train[1], words: 3, count: 2, in_sample: [0, 11], in_text: [0, 11], place: null },
      ],
      place: null,
      spans: [{ start: 0, end: samples[0]!.length, words: 13, source: 0 }],
    });
    expect(document.samples[0]!.nearest[0]).toMatchObject({ text: train[0], similarity: 1, source: 0 });
    expect(document.samples[1]).toMatchObject({ copy: false, spans: [] });
    expect(document).toMatchObject({
      copies: 1,
      rate: 0.5,
      n: 2,
      kinds: { exact: 1, near: 0, span: 0 },
      baseline: { copies: 1, rate: 0.25, n: 4, kinds: { exact: 0, near: 1, span: 0 } },
      training: { copies: 5, rate: 1, n: 5 },
      indexed: 5,
    });
    expect(document.covered.training).toEqual(Array(10).fill(1));
    expect(document.n_novelty.training).toEqual(Array(10).fill(0));
    expect(document.heldout_nearest).toHaveLength(4);
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  it("counts shared cues of samples and of unseen texts, and never as copies", async () => {
    const own = ["Why did the otter sing?", "A cow.", "I have a dream."];
    const asked = { heldOut: ["pieces, not beginnings"], beginnings: unseen };
    const { cues, copies, verdict } = await auditSamples(own, index, asked);
    expect(cues).toMatchObject({
      words: 3,
      samples: {
        shared: 2,
        n: 3,
        rate: 2 / 3,
        interval: [expect.closeTo(0.2077, 4), expect.closeTo(0.9385, 4)],
      },
      baseline: { shared: 1, n: 4, rate: 0.25 },
    });
    expect(copies).toBe(0);
    expect(verdict).not.toContain("begin");
    expect((await auditSamples(own, index, { ...asked, prompt: "Why" })).cues).toBeUndefined();
  });

  it("lists no text for a beginning that a hundred share, and counts it", async () => {
    const many = Array.from({ length: 100 }, (_, i) => `Why did the number ${i} cross the road?`);
    const of = async (data: readonly string[], text: string) => {
      const { samples } = await auditSamples([text], buildIndex(data));
      const { same_cue_count, same_cue, cue_matches } = samples[0]!;
      return {
        same_cue_count,
        listed: same_cue.length,
        found: cue_matches.map(({ words, count }) => [words, count]),
      };
    };
    const common = "Why did the otter sing?";
    expect(await of(many, common)).toEqual({ same_cue_count: 100, listed: 5, found: [] });
    expect(await of(many.slice(1), common)).toMatchObject({
      same_cue_count: 99,
      found: Array(5).fill([3, 99]),
    });
    expect(await of(many, "Why did the number 7 walk?")).toMatchObject({
      same_cue_count: 100,
      found: [[5, 1]],
    });
  });

  it("names the place of what it finds, and null where it is not known", async () => {
    const placeOf = (source: number) =>
      source === 1 ? null : ({ source: "jokes.csv", unit: "line", row: source + 2 } as const);
    const { samples } = await auditSamples([train[0]!, "Why did the duck sing?"], index, { placeOf });
    const place = { source: "jokes.csv", unit: "line", row: 2 };
    expect(samples[0]).toMatchObject({
      place,
      nearest: [{ place }, {}],
      cue_matches: [{ place }, { place: null }],
    });
    expect(samples[1]).not.toHaveProperty("place");
  });

  it("sums the curves over the words of all samples", async () => {
    const { covered, n_novelty } = await auditSamples(["the duck cross moon", "so much moon"], index);
    // 7 words: "the duck cross" and "so much" occur in the data
    expect(covered.model.slice(0, 4)).toEqual([5 / 7, 5 / 7, 3 / 7, 0]);
    // of 5 pairs 3 and of 3 triples 1 occur in the data; the only four in a row does not
    expect(n_novelty.model.map((share) => share * 105)).toEqual(
      [30, 42, 70, 105].map((x) => expect.closeTo(x, 9)),
    );
  });

  it("says in words what the numbers allow to say", async () => {
    const copies = Array.from({ length: 40 }, (_, i) => train[i % 5]!);
    const fresh = Array.from({ length: 40 }, (_, i) => `Something else altogether, number ${i * 7919}.`);
    expect((await auditSamples(copies, index, { heldOut: fresh })).verdict).toMatch(
      /^100\.0 % of these texts are copies \(95 % interval 91\.2 to 100\.0 %, n = 40\); of real unseen texts 0\.0 % would be called so .* The model copies more than chance likeness explains\.$/,
    );
    expect((await auditSamples(fresh, index, { heldOut: fresh, noun: "names" })).verdict).toMatch(
      /of real unseen names 0\.0 % .* The difference is within chance\.$/,
    );
    expect((await auditSamples(fresh, index, { heldOut: copies })).verdict).toMatch(
      /copies less than unseen/,
    );
    expect((await auditSamples(fresh, index)).verdict).toMatch(/cannot be called much or little/);
    expect((await auditSamples([], index)).verdict).toBe("There are no texts to judge.");
  });

  it("takes empty samples, other scripts, empty data", async () => {
    const odd = ["", "  \n", "🤣🤣", "Почему курица перешла дорогу?", "鸡为什么过马路"];
    for (const data of [index, buildIndex([]), buildIndex(["", "?"]), buildIndex(["Only joke."])]) {
      const { copies, n, samples } = await auditSamples(odd, data);
      expect({ copies, n }).toEqual({ copies: 0, n: 5 });
      expect(samples[0]!.longest_span).toEqual({ characters: 0, words: 0, text: "" });
    }
    const none = await auditSamples([], index);
    expect(none).toMatchObject({ copies: 0, n: 0, rate: null, difference: null, samples: [] });
  });

  it("spaces a baseline evenly, reports progress and stops on request", async () => {
    const heldOut = Array.from({ length: 50 }, (_, i) => `Number ${i}`);
    const seen: [number, number][] = [];
    const document = await auditSamples(["x"], index, {
      heldOut,
      baselineSize: 10,
      onProgress: (...at) => seen.push(at),
    });
    expect(document.baseline.n).toBe(10);
    expect(seen.at(-1)).toEqual([11, 11]);
    const stopped = AbortSignal.abort(new Error("enough"));
    await expect(auditSamples(["x"], index, { signal: stopped })).rejects.toThrow("enough");
  });
});

describe("Auditor", () => {
  const auditor = new Auditor(index);

  it.each([
    ["exact", "PARALLEL lines have so much in common: its a shame theyll never meet"],
    ["near", "Parallel lines have so little in common. It's a shame they'll never meet."],
    ["span", `${train[3]} ${train[4]}`],
    [undefined, "Parallel parking is a shame. I have a fear of it."],
  ])("calls it %s: %s", (kind, text) => {
    expect(auditor.copyKind(text)).toBe(kind);
    expect(auditor.audit(text).copy_kind).toBe(kind);
  });

  it("finds a joke at the end of a sample of a million characters", () => {
    const filler = "lorem ipsum dolor ".repeat(55_000);
    const audited = auditor.audit(`${filler}${train[2]}`);
    expect(audited.longest_span).toMatchObject({ text: train[2], words: 14 });
    expect(audited.spans).toEqual([
      { start: filler.length, end: filler.length + train[2]!.length, words: 14, source: 2 },
    ]);
    expect(audited.copy).toBe(false);
  });

  it("takes other thresholds, and refuses those that it could not keep", () => {
    const text = "Parallel lines have so little in common. It's a shame they'll never meet.";
    expect(new Auditor(index, { rule: { near: 0.99, span: 1 } }).copyKind(text)).toBeUndefined();
    expect(() => new Auditor(index, { rule: { near: 0.2 } })).toThrow(UsageError);
    expect(() => new Auditor(index, { rule: { span: 0 } })).toThrow(/above 0 and at most 1; got 0/);
  });
});

describe("auditLeaks", () => {
  it("names the texts that have slipped through, and where they come from", async () => {
    const { copies, n, leaks } = await auditLeaks([...unseen, `${train[2]} ${train[0]}`], index);
    expect({ copies, n }).toEqual({ copies: 2, n: 5 });
    expect(leaks).toMatchObject([
      { row: 2, kind: "near", source: 4, trainingText: train[4] },
      { row: 4, kind: "span", text: `${train[2]} ${train[0]}` },
    ]);
  });
});
