import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { blankAudit } from "../../test/report-fixture/jokes.ts";
import { rateOf } from "../evaluate/intervals.ts";
import type { AuditedText, CueMatch } from "../evaluate/novelty/auditor.ts";
import { cueSentences } from "../evaluate/novelty/finding.ts";
import { sameCueFigure } from "./same-cue.ts";

const match = (text: string, words: number, end: number, more: Partial<CueMatch> = {}): CueMatch => ({
  source: 0,
  text,
  words,
  count: 2,
  in_sample: [1, end + 1],
  in_text: [0, end],
  place: null,
  ...more,
});
const text = (own: string, cue_matches: readonly CueMatch[], same_cue_count = 2): AuditedText => ({
  ...blankAudit,
  text: ` ${own}`,
  cue: own.split(" ").slice(0, 3).join(" ").toLowerCase(),
  same_cue_count,
  cue_matches,
});
const shown = (samples: readonly AuditedText[], more = {}) => {
  const drawn = sameCueFigure({ samples, ...more }, { id: "cues", title: "Cues" });
  return drawn === false ? undefined : parseHTML(`<html><body>${drawn.markup}</body></html>`).document;
};
const place = { source: "<my>.csv", unit: "line", row: 12 } as const;

describe("samples that begin like training jokes", () => {
  it("come the longest shared beginning first, of equals the rarest, with it marked and its row named", () => {
    const page = shown([
      text("My cat <sings> alone.", [match("My cat <sings> not.", 3, 14, { place })]),
      text("A fox and a hen.", [match("A fox and a dog.", 4, 11)]),
      text("My dog can dance.", [match("My dog can bark.", 3, 10, { count: 1 })]),
      text("Nothing like it.", [], 0),
    ]);
    const items = [...page!.querySelectorAll("li")];
    const marks = items.map((item) => [...item.querySelectorAll("mark")].map((mark) => mark.textContent));
    expect(marks).toEqual([
      ["A fox and a", "A fox and a"],
      ["My dog can", "My dog can"],
      ["My cat <sings>", "My cat <sings>"],
    ]);
    expect(items[0]!.textContent).toContain("2 training jokes begin “A fox and”");
    expect(items.map((item) => item.querySelector(".real .note")!.textContent)).toEqual([
      "row unknown",
      "row unknown",
      "<my>.csv, line 12",
    ]);
  });

  it("say what a cue is, and how often unseen jokes share one", () => {
    const rate = (shared: number, n: number) => ({ ...rateOf(shared, n), shared });
    const cues = { words: 3, samples: rate(9, 20), baseline: rate(50, 100) };
    const page = shown([text("My dog can dance.", [match("My dog can bark.", 3, 10)])], { cues });
    const how = page!.querySelector("figcaption")!.textContent;
    expect(how).toContain("The cue of a text is its beginning: its first 3 words.");
    expect(how).toContain(cueSentences(cues, "jokes"));
    expect(cueSentences(cues, "jokes")).toBe(
      "45.0 % of these texts begin with the same 3 words as jokes of the training data (95 % interval 25.8 to 65.8 %, n = 20); of real unseen jokes 50.0 % do (95 % interval 40.4 to 59.6 %, n = 100). A beginning that is shared is no copy.",
    );
  });

  it("are counted where a hundred training jokes have the beginning, and left out where none has", () => {
    const page = shown([text("Why did the fox go?", [], 300)]);
    expect(page!.querySelector("ol")).toBeNull();
    expect(page!.body.textContent).toContain("a hundred training jokes or more");
    expect(shown([text("Why did the fox go?", [], 0)])).toBeUndefined();
  });
});
