/** Judges texts against one index of training texts. */
import { invalidOption } from "../../core/options.ts";
import { turns } from "../../core/turns.ts";
import type { TextPlace } from "../../data/rows.ts";
import { type CopyKind, type CopyRule, checkRule, copyKind } from "./copies.ts";
import { COMMON, type Stretch, sameCue } from "./cue.ts";
import { NearestTexts, type Neighbour } from "./nearest.ts";
import { type SharedSpans, sharedSpans } from "./spans.ts";
import { TrainingIndex } from "./training-index.ts";

export interface AuditorOptions {
  /** Thresholds of what is a copy; see copies.ts. */
  readonly rule?: Partial<CopyRule> | undefined;
  /** Nearest training texts to list. Default 5. */
  readonly neighbours?: number | undefined;
  /** Words of the cue where there is no prompt. Default 3. */
  readonly cueWords?: number | undefined;
  /** Training texts of the same cue to list. Default 5. */
  readonly cueTexts?: number | undefined;
  /** Where a training text stands in its source. Default: not known. */
  readonly placeOf?: ((source: number) => TextPlace | null) | undefined;
}

/** A training text, and where it stands in its source; null where that is not known. */
interface Placed {
  readonly place: TextPlace | null;
}

/** A training text that begins like the text, and the beginning that both share, in whole words. */
export interface CueMatch extends Placed {
  /** Index of the training text. */
  readonly source: number;
  readonly text: string;
  /** Words of the shared beginning. */
  readonly words: number;
  /** Training texts that have this beginning. */
  readonly count: number;
  /** The beginning in the audited text and in `text`, as `slice(start, end)`. */
  readonly in_sample: Stretch;
  readonly in_text: Stretch;
}

/** One text compared with the training texts, as `punchline novelty --json` prints it. */
export interface AuditedText {
  readonly text: string;
  readonly prompt?: string | undefined;
  readonly copy: boolean;
  /** Which rule calls it a copy; absent where it is none. */
  readonly copy_kind?: CopyKind | undefined;
  /**
   * The part of the source where the text was found: `train`, `validation`, `test`, or why it was dropped from them.
   * Absent where it was found nowhere.
   */
  readonly part?: string | undefined;
  /** Where the text that it was found as stands in the source; null where that is not known, absent with `part`. */
  readonly place?: TextPlace | null | undefined;
  /** Words of the text. */
  readonly words: number;
  /** The longest stretch that occurs in the data; 0, 0 and "" for none. May begin or end inside a word. */
  readonly longest_span: { readonly characters: number; readonly words: number; readonly text: string };
  /** The stretch of most whole words that occurs in the data. */
  readonly longest_run: { readonly characters: number; readonly words: number; readonly text: string };
  /** Nearest first. */
  readonly nearest: readonly (Neighbour & Placed)[];
  /** The cue that was looked up, normalised, and how many training texts begin with it. */
  readonly cue: string;
  readonly same_cue_count: number;
  /** Those that share the longest beginning with the text, the longest first. */
  readonly same_cue: readonly string[];
  /** Those of them that share a beginning which fewer than 100 training texts have. */
  readonly cue_matches: readonly CueMatch[];
  /** Stretches of 5 words or more that occur in the data: `text.slice(start, end)`, from training text `source`. */
  readonly spans: readonly {
    readonly start: number;
    readonly end: number;
    readonly words: number;
    readonly source: number;
  }[];
  /** For n = 1 to 10, the share of words in stretches of at least n words that occur in the data. */
  readonly covered: readonly number[];
}

/** One judged text, with the counts that rates and curves are summed from. */
export interface Judged {
  readonly audited: AuditedText;
  readonly spans: SharedSpans;
}

/** Judges single texts: an auditor, or several as one. */
export type Judge = Pick<Auditor, "audit" | "judge">;

/**
 * Create one for an index and use it for all texts: it prepares the search for the nearest ones, which takes
 * about as long as the index itself and four bytes for each character of the data.
 */
export class Auditor {
  readonly index: TrainingIndex;
  readonly rule: CopyRule;
  readonly #nearest: NearestTexts;
  readonly #options: AuditorOptions;

  /** @throws UsageError for a rule with thresholds out of range. */
  constructor(index: TrainingIndex, options: AuditorOptions = {}) {
    if (!(index instanceof TrainingIndex))
      throw invalidOption("index", index, "an index of texts, as `buildIndex` returns it");
    this.index = index;
    this.rule = checkRule(options.rule);
    this.#options = options;
    this.#nearest = new NearestTexts(index);
  }

  /** The audit of one text. `prompt` is the cue that it was written from. */
  audit(text: string, prompt?: string): AuditedText {
    return this.judge(text, prompt).audited;
  }

  /** Where a training text stands in its source; null where that is not known. */
  placeOf(source: number): TextPlace | null {
    return this.#options.placeOf?.(source) ?? null;
  }

  /** The kind of copy that a text is, or undefined; quicker than {@link audit}. */
  copyKind(text: string): CopyKind | undefined {
    const sample = this.index.read(text);
    const spans = sharedSpans(this.index, sample);
    return copyKind(this.index, sample, spans, this.#nearest.find(sample, 1), this.rule);
  }

  /** As `audit`, with the counts from which rates and curves are summed. */
  judge(text: string, prompt?: string): Judged {
    const { neighbours = 5, cueWords, cueTexts } = this.#options;
    const sample = this.index.read(text);
    const spans = sharedSpans(this.index, sample);
    const nearest = this.#nearest.find(sample, Math.max(1, neighbours));
    const kind = copyKind(this.index, sample, spans, nearest, this.rule);
    const { cue, count, closest } = sameCue(this.index, sample, { prompt, words: cueWords, limit: cueTexts });
    const placed = (source: number) => ({
      source,
      text: this.index.texts[source]!,
      place: this.placeOf(source),
    });
    const audited: AuditedText = {
      text,
      prompt,
      copy: kind !== undefined,
      copy_kind: kind,
      words: spans.words,
      longest_span: measured(spans.longest),
      longest_run: measured(spans.longestRun),
      nearest: nearest.slice(0, neighbours).map((one) => ({ ...one, place: this.placeOf(one.source) })),
      cue,
      same_cue_count: count,
      same_cue: closest.map(({ source }) => this.index.texts[source]!),
      cue_matches: closest
        .filter(({ words, count: sharing }) => words > 0 && sharing < COMMON)
        .map(({ source, inSample, inText, words, count: sharing }) => ({
          ...placed(source),
          words,
          count: sharing,
          in_sample: inSample,
          in_text: inText,
        })),
      spans: spans.runs.map(({ start, end, words, sources }) => ({ start, end, words, source: sources[0]! })),
      covered: spans.covered.map((words) => (spans.words === 0 ? 0 : words / spans.words)),
    };
    return { audited, spans };
  }
}

export interface JudgingOptions {
  /** The cue that all were written from. */
  readonly prompt?: string | undefined;
  /** Called now and then, and at the end, with the number of texts judged. */
  readonly onTurn?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether the auditor says of each text in which part of the source it was found. Default false. */
  readonly locates?: boolean | undefined;
}

/** Judges many texts. */
export type JudgeTexts = (
  auditor: Pick<Judge, "judge">,
  texts: readonly string[],
  options?: JudgingOptions,
) => Promise<Judged[]>;

/** Judges texts one after the other; it yields to the event loop while it does. */
export const judgeAll: JudgeTexts = async (auditor, texts, { prompt, onTurn, signal } = {}) => {
  const turn = turns(signal);
  const judged: Judged[] = [];
  for (const text of texts) {
    judged.push(auditor.judge(text, prompt));
    if ((await turn()) || judged.length === texts.length) onTurn?.(judged.length);
  }
  return judged;
};

function measured(span: SharedSpans["longest"]): AuditedText["longest_span"] {
  return span
    ? { characters: span.characters, words: span.words, text: span.text }
    : { characters: 0, words: 0, text: "" };
}
