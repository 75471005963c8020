/**
 * What the demo prints: for each chapter the question, the best of what was made, and the answer. Everything else is on
 * the page.
 */
import { visible } from "../../core/printable.ts";
import type { DemoEvent } from "../../demo/context.ts";
import type { DemoResult } from "../../demo/demo.ts";
import type { AuditedText } from "../../evaluate/novelty/auditor.ts";
import { likenessOf } from "../../evaluate/novelty/finding.ts";
import type { Context } from "../context.ts";
import { formatCount, formatDuration } from "./format.ts";
import { displayWidth, truncate, wrap } from "./layout.ts";
import { linkTo, readable } from "./print.ts";

type Of<Type extends DemoEvent["type"]> = Extract<DemoEvent, { type: Type }>;

export interface DemoStory {
  show(event: DemoEvent): void;
  /** @param next a command to go on with */
  conclude(result: DemoResult, next: string): void;
}

/** Texts of each temperature: the best of them; above 1 one is enough to see what becomes of them. */
const shownAt = (temperature: number): number => (temperature > 1 ? 1 : 2);
/** Beginnings of texts that are printed. */
const BEGINNINGS = 2;
/** Lines of a text that are printed; the page has all of it. */
const LINES = 2;
const INDENT = "  ";
/** Columns of the labels beside texts, and of the gap after them. */
const LABEL = 19;
const GAP = "  ";

export function demoStory(ctx: Context): DemoStory {
  const { style } = ctx;
  const width = () => Math.max(24, readable(ctx) - 1);
  const say = (text: string, indent = INDENT): void => {
    const lines = wrap(visible(text), width() - indent.length);
    ctx.print(lines.map((line) => indent + line).join("\n"));
  };
  /** A label and a text beside it, in at most `most` lines. */
  const beside = (label: string, text: string, most = LINES): void => {
    const narrow = width() < 3 * LABEL;
    const margin = narrow ? INDENT : " ".repeat(LABEL + GAP.length);
    const room = width() - margin.length;
    const lines = wrap(visible(text.replace(/\s+/g, " ").trim()), room);
    const kept = lines.slice(0, most);
    if (lines.length > most) kept[most - 1] = truncate(`${kept[most - 1]} ${lines[most]}`, room);
    if (narrow && label !== "") ctx.print(style.dim(`${label}:`));
    const head = narrow ? margin : style.dim(label.padStart(LABEL) + GAP);
    ctx.print(kept.map((line, i) => (i === 0 ? head : margin) + line).join("\n"));
  };

  let data: Of<"data">["data"] | undefined;
  let chapter: Of<"chapter"> | undefined;
  /** The step of the training that is going on, and the last one of which something was printed. */
  const steps = { now: 0, shown: 0 };
  let flow: Flow | undefined;

  /** Early training changes most: each line comes after so many times the steps of the one before. */
  const isDue = (times: number): boolean => {
    if (steps.shown > 0 && steps.now < times * steps.shown) return false;
    steps.shown = steps.now;
    return true;
  };
  const step = (): string => `${formatCount(steps.now)} step${steps.now === 1 ? "" : "s"}`;

  function opening(event: Of<"chapter">): void {
    chapter = event;
    const title = wrap(`${event.number} of ${event.of}: ${event.question}`, width()).join("\n");
    ctx.print(`\n${style.bold(title)}\n`);
    if (event.name === "cities") {
      say(
        "A small network reads names of cities, letter by letter. A star marks a name that is in its list; the others it made up.",
      );
      ctx.print();
    }
    if (event.name === "characters" && data !== undefined) {
      const { rows_in, splits, dropped } = data.summary;
      const left = Object.values(dropped).reduce((sum, n) => sum + n, 0);
      say(
        `It learns from ${formatCount(splits.train)} jokes and is judged on ${formatCount(splits.validation + splits.test)} others. ${formatCount(left)} of ${formatCount(rows_in)} were left out; punchline data SOURCE says why.`,
      );
      ctx.print();
    }
  }

  function names({ names, finished }: Of<"names">): void {
    if (!finished && !isDue(2)) return;
    const shown = names.map(({ text, known }) => `${visible(text.trim())}${known ? "*" : ""}`);
    beside(finished ? "done" : step(), shown.join(" · "), 1);
  }

  function piece({ model, prompt, piece, ended }: Of<"piece">): void {
    if (flow === undefined) {
      ctx.print();
      say(`${model}, which has read books before, writes at once:`);
      ctx.print();
      flow = new Flow((text) => ctx.write(text), width(), INDENT.repeat(2));
      flow.add(prompt);
    }
    flow.add(visible(piece.replace(/\s/g, " ")));
    if (ended !== true) return;
    flow.end();
    flow = undefined;
  }

  function jokes({ temperature, first, ranked }: Of<"jokes">): void {
    if (first) ctx.print();
    for (const [i, text] of ranked.slice(0, shownAt(temperature)).entries())
      beside(i === 0 ? `temperature ${temperature}` : "", text.text.trim() + verdict(text));
  }

  function pairs(event: Of<"pairs">): void {
    for (const { prompt, before, after, scratch } of event.pairs.slice(0, BEGINNINGS)) {
      ctx.print(`\n${INDENT}${style.bold(`${prompt} …`)}`);
      beside("before the jokes", before, 1);
      beside("after", after, 1);
      if (scratch !== undefined) beside("from scratch", scratch, 1);
    }
  }

  function cue({ model, written, real }: Of<"cue">): void {
    say("Of all that they wrote, this begins most like a joke that was learned from:");
    ctx.print();
    beside(model, written);
    beside("the joke", real);
  }

  function gap({ left, right, models }: Of<"gap">): void {
    say(`${left} ____${right}`);
    ctx.print();
    for (const { model, words } of models) beside(model, words.join(", "), 1);
  }

  function show(event: DemoEvent): void {
    switch (event.type) {
      case "data":
        data = event.data;
        break;
      case "chapter":
        opening(event);
        break;
      case "training": {
        const { event: heard } = event;
        if (heard.type === "start") steps.shown = 0;
        if (heard.type === "log") steps.now = heard.row.step;
        if (heard.type === "sample" && chapter?.name === "characters" && isDue(4))
          beside(step(), heard.row.text, 1);
        break;
      }
      case "names":
        names(event);
        break;
      case "piece":
        piece(event);
        break;
      case "jokes":
        jokes(event);
        break;
      case "pairs":
        pairs(event);
        break;
      case "cue":
        cue(event);
        break;
      case "gap":
        gap(event);
        break;
      case "finished":
        ctx.print();
        say(event.finding);
        break;
      default:
        break;
    }
  }

  function conclude({ stopped, report, seconds, hero }: DemoResult, next: string): void {
    if (stopped === "interrupt") {
      ctx.print("\nStopped and saved. Run the same command again to go on.");
      if (report !== null) ctx.print(`The page so far: ${linkTo(report)}`);
      return;
    }
    if (report === null) return;
    if (hero !== undefined) {
      ctx.print(`\n${style.bold("The best of it")}\n`);
      say(hero.text, INDENT.repeat(2));
      ctx.print();
      say(hero.byline);
    }
    ctx.print(`\n${formatDuration(seconds)}. The whole page, with pictures: ${linkTo(report)}`);
    ctx.print(`Go on with: ${next}`);
  }

  return { show, conclude };
}

/** What a text has of the training data, where it is not new. */
function verdict(text: AuditedText): string {
  const likeness = likenessOf(text);
  if (likeness === "copy") return " (a copy)";
  const [nearest] = text.nearest;
  return likeness === "close" && nearest ? ` (close to “${nearest.text.trim()}”)` : "";
}

/** A text that is broken between words while it is written. */
class Flow {
  readonly #write: (text: string) => void;
  readonly #width: number;
  readonly #indent: string;
  #column = 0;
  #word = "";

  constructor(write: (text: string) => void, width: number, indent: string) {
    this.#write = write;
    this.#width = width;
    this.#indent = indent;
  }

  add(text: string): void {
    for (const [i, part] of text.split(" ").entries()) {
      if (i > 0) this.#flush();
      this.#word += part;
    }
  }

  end(): void {
    this.#flush();
    this.#write("\n");
  }

  #flush(): void {
    if (this.#word === "") return;
    const wide = displayWidth(this.#word);
    const first = this.#column === 0;
    const fits = this.#column + 1 + wide <= this.#width;
    this.#write(`${first ? this.#indent : fits ? " " : `\n${this.#indent}`}${this.#word}`);
    this.#column = first || !fits ? this.#indent.length + wide : this.#column + 1 + wide;
    this.#word = "";
  }
}
