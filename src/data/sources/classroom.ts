/**
 * Which of the built-in jokes are left out by default, as not fit for a classroom: by their tags, and by their words.
 *
 * Measured by hand: docs/data.md.
 */
import type { RegExpMatcher } from "obscenity";

/** Why a joke is left out. */
export type JokeFault = "attack_on_a_group" | "not_for_a_classroom";

/**
 * Tags whose jokes are, as a rule, an attack on people for what they are: skin colour or origin (`racist`, `black`), whom
 * they love (`gay`), looks (`fat`, `ugly`), and the stock joke that a kind of woman is stupid (`blonde`).
 */
export const attackTags: ReadonlySet<string> = new Set(["racist", "black", "gay", "fat", "ugly", "blonde"]);

/**
 * Tags of contempt and tags of a group: a joke with one of each is taken for an attack on the group. A tag of
 * either list alone says too little: `women` and `men` are on every joke about couples, `insults` and `rude`
 * on every joke about one's boss.
 */
const contemptTags: ReadonlySet<string> = new Set(["insults", "rude", "hate", "stupid"]);
const groupTags: ReadonlySet<string> = new Set(["women", "men"]);

/** Tags of jokes about sex and drugs. `flirty` is on pick-up lines. */
export const crudeTags: ReadonlySet<string> = new Set(["dirty", "sex", "flirty", "drug"]);

/** What is no swear word, and no matter for a classroom either. */
const topics = [
  // Bodies and sex.
  "balls|bend over|birth control|bras?|breasts?|brothels?|cleavage|condoms?|contracepti\\w+|dating children|erections?|foreplay|genitals?|herpes|hookers?|ho's|horny|inches long",
  "jock ?straps?|(?:get|gets|getting|got) laid|lingerie|(?:make|makes|made|making) love|naked|nipples?|nud(?:es?|ists?|ity)|oral",
  "org(?:y|ies)|panties|pa?edophil\\w+|periods|her period|playboy|pms|porn\\w*|prostitut\\w+|rectal|seduc\\w+",
  "(?:sleep|sleeping|slept) with|sperms?|streaking|strip clubs?|strippers?|swallowing|syphilis|tampons?|testicles?|threesomes?",
  "topless|undress\\w*|viagra|vibrators?|virgins?|virginity",
  "bleeds|cheat(?:s|ed|ing)? on|fantasi[sz]\\w+|floppy disk turn|placentas?|sucking and blowing",
  // Violence against oneself and others.
  "abortions?|aids|(?:hang|kill|killed|killing|shoot) (?:my|your|him|her|them)sel(?:f|ves)|molest\\w*|rap(?:ed?|es|ing|ists?)|suicid\\w*",
  "(?:kill|killed|killing|murder|shoot|shot) (?:him|her|them)|(?:girlfriend|boyfriend|husband|wife)'s killer|i'd shot you|should be shot",
  // Drugs.
  "cannabis|cocaine|drugs|heroin|lsd|marijuana|stoned|weed",
  // Groups of people, by names of contempt or as the point of the joke.
  "(?:american|asian|black|british|english|french|german|indian|irish|italian|mexican|polish|russian|scottish|white) (?:fools?|idiots?|morons?)|catholic priests?|gyps(?:y|ies)|hitler|holocaust|lepers?|loltards?|midgets?|native american|nazis?|rednecks?|schizophreni\\w+|terroris\\w+",
  "(?:so|too|not|look|looks|you're|she's|he's) fat|fatter|like a fat|chinese|cripple\\w*|deaf|retard\\w*|wheelchairs?",
  // Swear words with stars for letters.
  "\\w\\*+\\w+",
];
const offTopic = new RegExp(`(?<!\\w)(?:${topics.join("|")})(?!\\w)`, "i");

/** What is wrong with a joke; undefined where nothing is known. */
export type JokeJudge = (text: string, tags: readonly string[]) => JokeFault | undefined;

/** Loads the list of swear words. */
export async function jokeJudge(): Promise<JokeJudge> {
  const { RegExpMatcher, englishDataset, englishRecommendedTransformers } = await import("obscenity");
  const swearing: RegExpMatcher = new RegExpMatcher({
    ...englishDataset.build(),
    ...englishRecommendedTransformers,
  });
  return (text, tags) => {
    if (isAttack(tags)) return "attack_on_a_group";
    const crude = tags.some((tag) => crudeTags.has(tag)) || offTopic.test(text) || swearing.hasMatch(text);
    return crude ? "not_for_a_classroom" : undefined;
  };
}

/** Whether the tags of a joke make it an attack on a group of people. */
export function isAttack(tags: readonly string[]): boolean {
  const has = (list: ReadonlySet<string>) => tags.some((tag) => list.has(tag));
  return has(attackTags) || (has(contemptTags) && has(groupTags));
}
