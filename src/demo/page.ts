/** The head of the page of the demo: its best joke, its figures, and its answers in short. */
import type { PreparedData } from "../data/prepare.ts";
import { leadOf } from "../evaluate/lead.ts";
import { bits, compact, count, percent } from "../report/format.ts";
import type { GptData, NoveltyData } from "../report/index.ts";
import { pickBest, type ReportData } from "../report/index.ts";
import { provenance } from "../report/pages/page-file.ts";
import type { ChapterResults } from "./state.ts";
import { usualTemperature } from "./write-jokes.ts";

export interface DemoPageOptions {
  readonly data: PreparedData;
  /** Titles of the chapters that are still to come. */
  readonly pending: readonly string[];
  readonly command: string;
  /** Seconds that everything on the page took. */
  readonly seconds: number;
}

export function demoPage(results: ChapterResults, options: DemoPageOptions): ReportData {
  const { data, pending, command, seconds } = options;
  const { gpt, characters } = results;
  return {
    title: "A network learns to joke",
    standfirst: `It began with noise. How a machine learns to write jokes from ${count(data.splits.train.length)} of them, whether it stole any, and what kind of model to choose for what: all of it trained and measured here.`,
    best: bestJoke(results, data),
    key: keyFigures(results),
    short: shortAnswers(results),
    // A title that is a question has its own mark at the end.
    unfinished:
      pending.length > 0
        ? `Still to come: ${pending.join("; ").replace(/(?<!\?)$/, ".")} The same command goes on where this page ends.`
        : undefined,
    chapters: { ...results, gpt: gpt && withCharacterModel(gpt, characters) },
    provenance: provenance(command, seconds),
  };
}

/** The chapter on GPT-2 with the character model on the same scale, where both were evaluated on the same jokes. */
function withCharacterModel(gpt: GptData, characters: ChapterResults["characters"]): GptData {
  const bits_per_byte = characters?.evaluation?.bits_per_byte;
  const { quality = [], quality_split, quality_bytes } = gpt;
  if (bits_per_byte === undefined || characters?.evaluation?.split !== quality_split) return gpt;
  const label = "the character model";
  const own = quality.find(({ lead }) => lead);
  const compared = own && [
    { name: own.label, bits: own.bits_per_byte, texts: gpt.text_bits },
    { name: label, bits: bits_per_byte, texts: characters?.text_bits },
  ];
  const lead = compared && leadOf(compared, quality_bytes ?? 0);
  return { ...gpt, quality: [{ label, bits_per_byte }, ...quality], other: { label, lead } };
}

function bestJoke({ characters, gpt }: ChapterResults, data: PreparedData): ReportData["best"] {
  const words = new Set(data.splits.train.flatMap((text) => text.toLowerCase().match(/[a-z0-9']+/g) ?? []));
  const fineTuned = gpt?.quality?.find(({ lead }) => lead);
  const writers = [
    {
      who: "the character model",
      groups: characters?.jokes ?? [],
      bits: characters?.evaluation?.bits_per_byte,
    },
    { who: "the GPT-2", groups: gpt?.jokes ?? [], bits: fineTuned?.bits_per_byte },
  ];
  // Of the model with the lower loss on the test jokes, at a temperature that is not too high.
  const [writer] = writers
    .filter(({ groups }) => groups.length > 0)
    .sort((a, b) => (a.bits ?? Infinity) - (b.bits ?? Infinity));
  if (writer === undefined) return undefined;
  const { who, groups } = writer;
  const calm = groups.filter(({ temperature }) => temperature <= usualTemperature);
  const all = (calm.length > 0 ? calm : groups).flatMap(({ temperature, samples }) =>
    samples.map((sample) => ({ temperature, sample })),
  );
  const best = pickBest(
    all.map(({ sample }) => sample),
    (word) => words.has(word),
  );
  const from = all.find(({ sample }) => sample === best);
  return (
    from && {
      joke: from.sample.text,
      byline: `Written by ${who} at temperature ${from.temperature}; of ${all.length} of its jokes below, a rule chose it that knows form, not fun.`,
    }
  );
}

function keyFigures({ characters, gpt, novelty }: ChapterResults): ReportData["key"] {
  const { evaluation } = characters ?? {};
  const led = gpt?.quality?.find(({ lead }) => lead);
  const scratch = gpt?.quality?.find((one) => one.scratch);
  const jokes = [characters, gpt]
    .flatMap((chapter) => chapter?.jokes ?? [])
    .flatMap(({ samples }) => samples);
  return known([
    evaluation && {
      value: bits(evaluation.bits_per_character),
      label: `per character of the ${evaluation.split} jokes, which the character model never saw`,
    },
    led && {
      value: bits(led.bits_per_byte),
      label: `per byte of the same jokes for the fine-tuned GPT-2${scratch === undefined ? "" : `; from scratch ${bits(scratch.bits_per_byte)}`}`,
    },
    characters && { value: compact(characters.parameters), label: "parameters of the character model" },
    jokes.length > 0
      ? {
          value: `${jokes.filter(({ copy }) => !copy).length} of ${jokes.length}`,
          label: "jokes below are no copies",
        }
      : novelty && { value: percent(novelty.audits[0]?.rate), label: "of the texts are copies" },
  ]);
}

/** Those that the finished chapters give. */
const known = <T>(items: readonly (T | undefined)[]): T[] => items.filter((item) => item !== undefined);

/** The questions that the demo answers, as far as it has come. */
function shortAnswers(results: ChapterResults): NonNullable<ReportData["short"]> {
  const { characters, gpt, novelty, compare } = results;
  const faster = compare?.answers.filter(({ sense }) => sense === "Reading" || sense === "Writing") ?? [];
  const large = compare?.full_size && "answers" in compare.full_size ? compare.full_size.answers : [];
  return known([
    characters && {
      question: "A character model",
      answer:
        "learns in minutes from a small file, spells anything, and is quick. Good for names, slogans, completing what one types, and text of one kind. It knows no more than that file.",
    },
    gpt && {
      question: "GPT-2",
      answer:
        "reads from left to right and says what comes next. Pre-trained on much text, it needs little of yours to write in your manner. Good for writing and for going on with a text.",
    },
    compare && {
      question: "BERT",
      answer:
        "reads a whole text, both ways, and says what belongs in a gap. Good for understanding: filling in, sorting, searching, comparing. It does not go on with a text.",
    },
    ...faster.map(({ sense, sentence }) => ({
      question: `Faster at ${sense.toLowerCase()}?`,
      answer: [sentence, ...large.filter((one) => one.sense === sense).map((one) => one.sentence)].join(" "),
    })),
    novelty && { question: "Were the jokes stolen?", answer: noveltyAnswer(novelty.audits) },
  ]);
}

/** The verdict on all models, the plain answer first. */
function noveltyAnswer(audits: NoveltyData["audits"]): string {
  const guilty = audits.filter(({ finding }) => finding === "more").map(({ model }) => model);
  const answer =
    guilty.length === 0
      ? audits.every(({ finding }) => finding === "too-few")
        ? "There are too few texts to tell."
        : "No more than chance would have it."
      : guilty.length === audits.length
        ? "Some of them, yes."
        : `Some of those of ${guilty.join(" and ")}, yes.`;
  const rates = audits.map(
    ({ model, copies, n }) =>
      `${count(copies)} of ${count(n)} by ${model} are in the training data, whole or nearly so`,
  );
  return `${answer} ${rates.join("; ")}. Of real jokes that the models never saw, the same rule calls ${percent(audits[0]?.baseline.rate)} copies.`;
}
