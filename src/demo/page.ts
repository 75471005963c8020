/** The head of the page of the demo: its best joke, its figures, and its answers in short. */
import type { PreparedData } from "../data/prepare.ts";
import { leadOf } from "../evaluate/lead.ts";
import { bits, compact, count, percent } from "../report/format.ts";
import type { GptData, ReportData } from "../report/index.ts";
import { provenance } from "../report/pages/page-file.ts";
import { heroOf } from "./hero.ts";
import type { ChapterResults } from "./state.ts";

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
  const hero = heroOf(results);
  return {
    title: "A network learns to joke",
    standfirst: `It began with noise. How a machine learns to write jokes from ${count(data.splits.train.length)} of them, whether it stole any, and what kind of model to choose for what: all of it trained and measured here.`,
    best: hero && { joke: hero.text, byline: hero.byline },
    key: keyFigures(results),
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
