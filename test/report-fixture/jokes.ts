/** Made-up samples, as a half-trained model would write them, with their audit. */
import type { AuditedText } from "../../src/evaluate/novelty/auditor.ts";

const wordsOf = (text: string): number => text.split(" ").length;
const nothing = { characters: 0, words: 0, text: "" };

/** What an audit says of a text without a word. */
export const blankAudit: AuditedText = {
  text: "",
  copy: false,
  words: 0,
  longest_span: nothing,
  longest_run: nothing,
  nearest: [],
  cue: "",
  same_cue_count: 0,
  same_cue: [],
  cue_matches: [],
  spans: [],
  covered: Array(10).fill(0),
};

export function sample(
  text: string,
  shared: string,
  nearest: string,
  similarity: number,
  copy = false,
): AuditedText {
  const span = { characters: shared.length, words: wordsOf(shared), text: shared };
  const start = text.toLowerCase().indexOf(shared.toLowerCase());
  return {
    ...blankAudit,
    text,
    copy,
    ...(copy ? { copy_kind: "exact" } : {}),
    words: wordsOf(text),
    longest_span: span,
    longest_run: span,
    nearest: [{ text: nearest, similarity, ngrams: similarity, edit: similarity, source: 0, place: null }],
    spans: start < 0 ? [] : [{ start, end: start + shared.length, words: span.words, source: 0 }],
  };
}

export const calm: readonly AuditedText[] = [
  sample(
    "What do you call a cow with a telescope? A star-grazer.",
    "What do you call a cow with",
    "What do you call a cow with no legs? Ground beef.",
    0.47,
  ),
  sample(
    "I told my computer a joke about memory. It has the heart of a sandwich.",
    "I told my computer a joke about",
    "I told my computer a joke about UDP, but I am not sure it got it.",
    0.44,
  ),
  sample(
    "Why did the bicycle fall over? It was two tired.",
    "Why did the bicycle fall over? It was two tired.",
    "Why did the bicycle fall over? It was two tired.",
    1,
    true,
  ),
  sample(
    "I used to be a baker, but I could not see the dough.",
    "I used to be a baker, but I could not",
    "I used to be a baker, but I could not make enough dough.",
    0.83,
  ),
  sample(
    "My doctor said I should be a better person, so I started to sleep in the garden.",
    "My doctor said I should",
    "My doctor said I should watch what I eat, so I bought tickets to a buffet.",
    0.36,
  ),
  sample(
    "What is the best part of a clock? The same time every day.",
    "the same time every day",
    "A stopped clock is right twice; mine is wrong at the same time every day.",
    0.29,
  ),
  sample(
    "The past and the present walked into a bar. It was a long way.",
    "walked into a bar. It was",
    "The past, the present and the future walked into a bar. It was tense.",
    0.71,
  ),
  sample(
    "I have a fear of stairs, and they are always up to the street.",
    "they are always up to",
    "I do not trust stairs, they are always up to something.",
    0.5,
  ),
  sample(
    "How many programmers does it take to change a light bulb? The answer is the other programmers.",
    "How many programmers does it take to change a light bulb?",
    "How many programmers does it take to change a light bulb? None, it is a hardware problem.",
    0.62,
  ),
  sample(
    "I was going to make a joke about the weather, but the weather was the same.",
    "I was going to make a joke about",
    "I was going to make a joke about time travel, but you did not like it.",
    0.45,
  ),
];

export const usual: readonly AuditedText[] = [
  sample(
    "My wife says I never listen. At least I think it was a sandwich.",
    "At least I think",
    "She said I do not listen, or something. At least I think so.",
    0.41,
  ),
  sample(
    "What do you get when you cross a snowman and a lawyer? A cold brief.",
    "What do you get when you cross a snowman and a",
    "What do you get when you cross a snowman and a vampire? Frostbite.",
    0.58,
  ),
  sample(
    "I bought a wooden computer. It would not start, and neither would the bank.",
    "It would not start",
    "My wooden car has a wooden engine. It would not start.",
    0.33,
  ),
  sample(
    "The man who made the calendar had his days in a museum.",
    "had his days",
    "I stole a calendar and got twelve months; now he had his days numbered.",
    0.27,
  ),
  sample(
    "Do not worry about your age, worry about the fridge.",
    "Do not worry about",
    "Do not worry about the world ending today, it is already tomorrow in Sydney.",
    0.3,
  ),
  sample(
    "A piano fell into a mine and the whole village was flat.",
    "fell into a mine",
    "What do you get when a piano fell into a mine? A flat minor.",
    0.48,
  ),
  sample(
    "If at first you do not succeed, then parachutes are a friend.",
    "If at first you do not succeed, then",
    "If at first you do not succeed, then skydiving is not for you.",
    0.64,
  ),
  sample(
    "I am on a whisky diet: I have lost three cats already.",
    "I am on a whisky diet",
    "I am on a whisky diet. I have lost three days already.",
    0.79,
  ),
  sample(
    "My goldfish started a band. They only play the scales of the sea.",
    "They only play",
    "Fish make good musicians, they know their scales. They only play bass.",
    0.35,
  ),
  sample(
    "Why do ghosts never use the lift? They prefer the stare case of the morning.",
    "Why do ghosts",
    "Why do ghosts love lifts? It raises their spirits.",
    0.43,
  ),
];

export const daring: readonly AuditedText[] = [
  sample(
    "Quilted ducks do not vote, Gerald, they merely applaud.",
    "do not vote",
    "Ducks do not vote because of the bills.",
    0.24,
  ),
  sample(
    "I named my umbrella Tuesday so that it would comeback wetly.",
    "I named my",
    "I named my dog Five Miles so I can say I walk Five Miles.",
    0.28,
  ),
  sample(
    "What has nine trousers and a polite volcano? My aunt in trafick.",
    "What has nine",
    "What has nine lives and no friends? A cat at a dog show.",
    0.22,
  ),
  sample(
    "A horse walks in. Nobody ask it, the piano was marred.",
    "A horse walks in",
    "A horse walks into a bar. The barman asks, why the long face?",
    0.4,
  ),
  sample(
    "He who laughs last has the slowest kneebow.",
    "He who laughs last",
    "He who laughs last thinks slowest.",
    0.57,
  ),
  sample("Vegetables are just fruit on probaction.", "are just", "Vegetarians are just slow hunters.", 0.3),
  sample(
    "Knock knock. Whose socks? Exactly, said the jury of geese.",
    "Knock knock.",
    "Knock knock. Who is there? Control freak. Now you say control freak who.",
    0.31,
  ),
  sample(
    "My gym is haunted by a man who can only lift the mood, brimly.",
    "can only lift",
    "I can only lift my spirits.",
    0.26,
  ),
  sample(
    "Never lend a wizard your fork: he will spell it knif.",
    "Never lend",
    "Never lend money to a friend with amnesia.",
    0.25,
  ),
  sample(
    "To err is human, to really foul the soup you need a flute.",
    "To err is human, to really foul",
    "To err is human, to really foul things up requires a computer.",
    0.59,
  ),
];
