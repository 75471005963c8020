import { parseHTML } from "linkedom";
import { beforeAll, describe, expect, test } from "vitest";
import { blankAudit } from "../../test/report-fixture/jokes.ts";
import { audited, fixture } from "../../test/report-fixture/report.ts";
import { leadOf } from "../evaluate/lead.ts";
import { renderReport } from "./index.ts";
import type { ReportData } from "./page.ts";
import { theme } from "./style/theme.ts";

let markup: string;
let document: Document;
beforeAll(async () => {
  markup = await renderReport(fixture);
  document = parseHTML(markup).document;
});

const all = (selector: string) => [...document.querySelectorAll(selector)];
const text = () => document.body.textContent!.replace(/[\s\u00a0]+/g, " ");

describe("structure", () => {
  test("one title, numbered chapters, and a table of contents that leads to each", () => {
    expect(all("h1").map((h) => h.textContent)).toEqual([fixture.title]);
    const chapters = all("section.chapter");
    expect(chapters.map((c) => c.id)).toEqual([
      "characters",
      "architectures",
      "gpt",
      "novelty",
      "compare",
      "runs",
    ]);
    expect(all("nav.contents a").map((a) => a.getAttribute("href"))).toEqual(chapters.map((c) => `#${c.id}`));
    expect(all(".opening .no").map((n) => n.textContent)).toEqual(["1", "2", "3", "4", "5", "6"]);
  });

  test("every id is there once, and every reference to one leads somewhere", () => {
    const ids = all("[id]").map((e) => e.id);
    expect(ids).toEqual([...new Set(ids)]);
    for (const e of all("[aria-labelledby]")) {
      for (const id of e.getAttribute("aria-labelledby")!.split(" ")) expect(ids).toContain(id);
    }
  });

  test("every chart has a title and a description; every figure its method; every table a caption", () => {
    const charts = all("svg");
    expect(charts.length).toBeGreaterThan(20);
    for (const svg of charts) {
      expect(svg.getAttribute("role")).toBe("img");
      expect(svg.querySelector("title")!.textContent).toMatch(/\w/);
      expect(svg.querySelector("desc")!.textContent).toMatch(/\w/);
      expect(svg.outerHTML).not.toContain("NaN");
    }
    for (const f of all("figure.figure")) {
      expect(f.querySelector("figcaption")!.textContent).toMatch(/Repeat it: (punchline \w+|as above)/);
    }
    for (const t of all("table")) expect(t.querySelector("caption")!.textContent).toMatch(/\w/);
  });

  test("the bars of models side by side have one scale", () => {
    const bars = all("#compare-predictions .bars li").map((li) => ({
      width: Number.parseFloat(/width:([\d.]+)%/.exec(li.querySelector("i")!.getAttribute("style")!)![1]!),
      share: Number.parseFloat(li.querySelector(".value")!.textContent!),
    }));
    expect(all("#compare-predictions .bars").length).toBeGreaterThan(1);
    const most = Math.max(...bars.map(({ share }) => share));
    // Shares are written with a digit after the point at most.
    for (const { width, share } of bars) expect(Math.abs(width - (100 * share) / most)).toBeLessThan(3);
  });

  test("chapters without data are left out, and a page of one has no table of contents", async () => {
    const one = parseHTML(
      await renderReport({ ...fixture, chapters: { runs: fixture.chapters.runs! } }),
    ).document;
    expect([...one.querySelectorAll("section.chapter")].map((c) => c.id)).toEqual(["runs"]);
    expect(one.querySelector("nav")).toBeNull();
  });
});

describe("folding", () => {
  test("every chapter shows something at once, and folds the rest under titles", () => {
    for (const chapter of all("section.chapter")) {
      const blocks = [...chapter.children].slice(1);
      const first = blocks.findIndex((block) => block.matches(".folds"));
      expect(first, chapter.id).toBeGreaterThan(0);
      expect(blocks.slice(0, first).some((block) => block.matches("figure, .table, .side-by-side"))).toBe(
        true,
      );
    }
    const folded = all("details.fold");
    expect(folded.length).toBeGreaterThan(20);
    for (const fold of folded) {
      expect(fold.hasAttribute("open")).toBe(false);
      expect(fold.querySelector("summary h3")!.textContent).toMatch(/\w/);
    }
  });

  test("three texts of each temperature are seen, the others on demand", () => {
    const columns = (place: string) =>
      all(place).map((column) => column.querySelectorAll(".jokes > li").length);
    expect(columns("#characters-jokes figure > .columns > .column")).toEqual([3, 3, 3]);
    expect(columns("#characters-jokes .more .column")).toEqual([7, 7, 7]);
    expect(all("#characters-jokes .more .jokes").map((list) => list.getAttribute("start"))).toEqual(
      Array(3).fill("4"),
    );
  });

  test("nothing is said twice: no command, no caption, no answer", () => {
    const commands = all(".repeat code").map((code) => code.textContent!);
    expect(commands).toEqual([...new Set(commands)]);
    for (const link of all("figcaption a")) {
      expect(document.querySelector(link.getAttribute("href")!)!.textContent).toMatch(
        /Repeat it: punchline|[.]$/,
      );
    }
    const captions = all("figcaption .how, p.note.once").map((caption) => caption.textContent!.trim());
    expect(captions).toEqual([...new Set(captions)]);
    for (const answer of all("nav.contents p")) {
      expect(text().split(answer.textContent!.replace(/[\s\u00a0]+/g, " ")).length).toBe(2);
    }
  });
});

describe("numbers", () => {
  test("the data's figures stand on the page", () => {
    for (const wanted of [
      "2.45 bits",
      "456,548 numbers",
      "2,615",
      "−184",
      "blind guess 4.61",
      "guess by frequency 3.11",
      "Of 33 samples of the char-LSTM 6.1 % (1.7–19.6 %) are copies: the difference from real unseen jokes is within chance. The same rule calls 1.7 % (0.5–6.0 %) of 117 held-out jokes copies",
      "Of its 4-word sequences 79 % are new, against 87 %",
      "They agree on “air”",
      "the prediction of gpt2 stays exactly the same",
      "moves by 0.32",
      "This is not the published GPT-2 but punchline-gpt2",
      "Pre-training helped: 1.96 bits per byte of the test jokes, and 2.71 bits for the same network from scratch in the same time, 0.75 less (95 % interval 0.73 to 0.77)",
      "Against the character model with its 2.45 bits per byte, punchline-gpt2 needs fewer bits, 0.49 less (95 % interval 0.47 to 0.51)",
      "punchline-gpt2, fine-tuned1.96",
      "Before it was shown the jokes, punchline-gpt2 completed 0 % (0.0–3.7 %) of the same training jokes: what it remembers it has learned here.",
      "To read the text once, GPT-2 at full size takes",
      "gpt2 writes 3.3 times as fast (95 % interval 3.2 to 3.4). Which one reads faster is not clear from these runs.",
      "The weights of GPT-2 at full size and BERT-base at full size are random numbers",
      "97 % (92–99 %) ended by themselves within 64 tokens; before it was shown jokes, 11 % (6–19 %) did",
      "Still to come: GPT or BERT?",
      "New, no more alike than chance would have it. Copies of training jokes are 2 of 33 texts by the char-LSTM.",
      "likelier than its compressed size suggests0.64",
      "the fox was hungry . the fox was",
      "With its cache gpt2 needs",
      "0.66",
    ]) {
      expect(text()).toContain(wanted);
    }
  });

  test("pre-training is said to help, not to help, or not to be told, by the interval of the difference", async () => {
    const { gpt } = fixture.chapters;
    const told = async (own: number, scratch: number, bytes = 10_000, log = gpt!.control!.log) => {
      const quality = [
        { label: "scratch", bits_per_byte: scratch, scratch: true },
        { label: "own", bits_per_byte: own, lead: true },
      ];
      const lead = leadOf(
        quality.map(({ label, bits_per_byte }) => ({ name: label, bits: bits_per_byte })),
        bytes,
      );
      const chapters = { gpt: { ...gpt!, quality, control: { ...gpt!.control!, lead, log } } };
      return (await renderReport({ ...fixture, chapters })).replaceAll("\u00a0", " ");
    };
    expect(await told(2, 2.5)).toContain("Pre-training helped: 2.00 bits");
    expect(await told(2.5, 2)).toContain("Pre-training did not help here: 2.50 bits");
    expect(await told(2.5, 2)).toContain("0.50 more (95 % interval 0.48 to 0.52)");
    expect(await told(2.5, 2, 400_000)).toContain("0.500 more (95 % interval 0.497 to 0.503)");
    for (const [own, scratch] of [
      [2, 2.01],
      [2.01, 2],
    ] as const) {
      const page = await told(own, scratch);
      expect(page).toContain("Whether pre-training helped is not clear here");
      expect(page).not.toContain("Pre-training helped");
    }
    expect(await told(2, 2.01, 1_000_000)).toContain("Pre-training helped: 2.00 bits");
    // Before a whole pass over the jokes, nothing is concluded, however large the difference is.
    const short = gpt!.control!.log.filter(({ epoch }) => epoch < 1);
    expect(await told(2, 3, 10_000, short)).toContain("That is less than one pass over the jokes");
    expect(await told(2, 3, 10_000, short)).not.toContain("Pre-training helped");
  });

  test("how much of the validation split was read is said where it was not all", async () => {
    const { characters } = fixture.chapters;
    const of = async (validated: object) =>
      await renderReport({ ...fixture, chapters: { characters: { ...characters!, ...validated } } });
    expect(await of({ validated: 100_000 })).toContain("validation on the first 100,000 characters of ");
    expect(await of({})).not.toContain("validation on the first");
  });

  test("copies, close jokes and new ones are told apart", () => {
    const verdicts = all("#characters-jokes .verdict").map((v) => v.textContent);
    expect(verdicts).toHaveLength(30);
    expect(verdicts.filter((v) => v === "Copy")).toHaveLength(1);
    expect(verdicts.filter((v) => v === "Close")).toHaveLength(5);
    expect(all("#novelty-0-samples .pairs li")[0]!.querySelector("mark")!.textContent).toBe(
      "Why did the bicycle fall over? It was two tired.",
    );
  });

  test("the same data gives the same page", async () => {
    expect(await renderReport(fixture)).toBe(markup);
  });
});

describe("safety", () => {
  test("nothing is loaded from anywhere", () => {
    for (const e of all("[src], [href], [srcset], [xlink\\:href]")) {
      expect(e.getAttribute("href") ?? e.getAttribute("src")).toMatch(/^(#|data:,)/);
    }
    expect(markup).not.toMatch(/https?:\/\//);
    expect(markup).not.toMatch(/@import|url\(|<link rel="stylesheet|<iframe|<img/);
    expect(markup.length).toBeLessThan(600_000);
  });

  test("a hostile text is shown and not run, wherever it stands", async () => {
    const evil = `</style></script><script>alert(1)</script><img src=x onerror=alert(2)>"'`;
    const poisoned = JSON.parse(
      JSON.stringify(fixture, (_, value) => (typeof value === "string" ? `${value}${evil}` : value)),
    ) as ReportData;
    const page = parseHTML(await renderReport(poisoned)).document;
    expect([...page.querySelectorAll("script")]).toHaveLength(1);
    expect(page.querySelector("img")).toBeNull();
    expect(page.querySelector("[onerror]")).toBeNull();
    expect(page.querySelector("section.chapter .joke")!.textContent).toContain(evil);
  });
});

describe("thin data", () => {
  test("a run that was stopped at once, or went wrong, still makes a page", async () => {
    const { characters, novelty, compare } = fixture.chapters;
    const row = characters!.log[0]!;
    for (const log of [[], [row], [row, { ...row, step: 1, loss: Number.NaN }]]) {
      const page = await renderReport({
        title: "t",
        standfirst: "s",
        key: [],
        provenance: fixture.provenance,
        chapters: {
          characters: { ...characters!, log, timeline: [], jokes: [], lengths: { model: [], real: [] } },
          novelty: {
            indexed: 0,
            audits: [
              audited([blankAudit], 0, 0, {
                n_novelty: { model: [1], heldout: [1] },
                checkpoints: novelty!.audits[0]!.checkpoints!.slice(0, 1),
              }),
            ],
          },
          compare: {
            ...compare!,
            models: [{ ...compare!.models[0]!, facts: undefined, predictions: [], speed: [] }].map(
              ({ facts: _, attention: __, ...bare }) => bare,
            ),
          },
          architectures: { seconds: 0, models: [], command: "punchline compare-models x" },
        },
      });
      expect(page).toContain("</html>");
      for (const svg of page.match(/<svg[\s\S]*?<\/svg>/g) ?? [])
        expect(svg).not.toMatch(/="[^"]*(NaN|Infinity)/);
    }
  });
});

describe("contrast", () => {
  const blocks = theme.match(/--paper:[^}]*?--mark:#\w+/g)!;
  const [light, dark] = [blocks[0]!, blocks[1]!];
  const colour = (block: string, name: string): string => new RegExp(`--${name}:(#\\w+)`).exec(block)![1]!;

  /** WCAG 2.1, relative luminance and contrast ratio. */
  function luminance(hex: string): number {
    const full = hex.length === 4 ? `#${[...hex.slice(1)].map((c) => c + c).join("")}` : hex;
    const [r, g, b] = [1, 3, 5]
      .map((i) => Number.parseInt(full.slice(i, i + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  }
  function contrast(a: string, b: string): number {
    const [x, y] = [luminance(a), luminance(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  }

  test("the measure itself: black on white is 21", () => {
    expect(contrast("#000", "#ffffff")).toBeCloseTo(21, 5);
  });

  test.each([
    ["light", light],
    ["dark", dark],
  ])("letters of the %s theme reach 4.5 to 1 on paper and on the marker", (_, block) => {
    for (const ink of ["ink", "muted", "accent"]) {
      expect(contrast(colour(block, ink), colour(block, "paper")), ink).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(colour(block, "ink"), colour(block, "mark"))).toBeGreaterThanOrEqual(4.5);
  });
});

test("a loss is named by its split, and that of the test texts leads", () => {
  const { evaluation, log } = fixture.chapters.characters!;
  const best = Math.min(...log.flatMap(({ val_loss }) => (val_loss === undefined ? [] : [val_loss])));
  const heading = document.querySelector("#characters-loss h3, #characters-loss figcaption")!.textContent!;
  const [first, second] = [heading.indexOf("test jokes"), heading.indexOf("validation jokes")];
  expect(evaluation!.split).toBe("test");
  expect(heading.slice(first, second)).toContain(evaluation!.loss.toFixed(2));
  expect(heading.slice(second)).toContain(best.toFixed(2));
  expect(text()).not.toMatch(/unseen jokes, its surprise/);
});
