/** Which step is watched, and where in its graph. */
import { computed, effect, signal } from "@preact/signals";
import { call, isAbort, sentenceOf } from "../../state/engine.ts";
import { firstWords } from "../../state/first-words.ts";
import { room, setting } from "../../state/route.ts";
import { given } from "../../state/texts.ts";
import type {
  CheckedParameter,
  InsideCheck,
  InsideModel,
  InsideRequest,
  InsideStep,
} from "../../worker/inside/types.ts";

export const model = setting("inside-model", "char-rnn");
export const seed = setting("inside-seed", "0");
export const rate = setting("inside-rate", "");
/** What was typed; undefined until something was. */
export const typed = signal<string | undefined>(undefined);

/** Letters that are taken of a text of one's own: of the first that has as many, or nearly. */
const TAKEN = 10;
const ENOUGH = 8;

/** The text of the step: what was typed, else the beginning of one's own texts. */
export const text = computed(() => {
  if (typed.value !== undefined) return typed.value;
  const list = given.value?.view.first ?? [];
  const first =
    list.find((one) => one.length >= ENOUGH && one.length <= TAKEN + 2) ??
    list.find((one) => new Set(one).size > 2) ??
    "";
  return firstWords(first, TAKEN + 2);
});

/** Learning rates with which a few steps show something. */
const suited: Readonly<Record<InsideModel, number>> = {
  "char-rnn": 0.5,
  "char-lstm": 1,
  "char-transformer": 0.05,
};

const chosenModel = (): InsideModel => (model.value in suited ? (model.value as InsideModel) : "char-rnn");
export const rateInUse = (): number => (rate.value === "" ? suited[chosenModel()] : Number(rate.value));

export const done = signal(0);
export const step = signal<InsideStep | undefined>(undefined);
export const problem = signal<string | undefined>(undefined);
/** The node that is looked at, and which of its values and numbers. */
export const at = signal({ node: 0, value: 0, number: 0 });
export const check = signal<InsideCheck | undefined>(undefined);
export const checked = signal<readonly CheckedParameter[]>([]);
export const checking = signal(false);

export const request = computed(
  (): InsideRequest => ({
    model: chosenModel(),
    text: text.value,
    seed: Number(seed.value),
    rate: rateInUse(),
    done: done.value,
  }),
);

/** What the network and the text are: with other ones, the first step is the first again. */
const network = computed(() => JSON.stringify([model.value, text.value, seed.value, rate.value]));
let known = "";
let asked: InsideRequest | undefined;
/** The check of every weight that is under way. */
let checkingAll: AbortController | undefined;

effect(() => {
  if (network.value !== known) {
    known = network.value;
    done.value = 0;
  }
  if (room.value === "inside" && text.value !== "") load(request.value);
});

async function load(wanted: InsideRequest): Promise<void> {
  asked = wanted;
  // What was checked, or is being checked, is of the step before.
  checkingAll?.abort();
  checkingAll = undefined;
  checking.value = false;
  checked.value = [];
  try {
    const found = await call("insideStep", wanted);
    if (asked !== wanted) return;
    const before = step.peek();
    step.value = found;
    problem.value = undefined;
    // Other graphs have other nodes.
    if (before?.dump !== found.dump) goTo(found.stops.ids);
    else lookAt({});
  } catch (error) {
    if (asked !== wanted) return;
    step.value = undefined;
    problem.value = sentenceOf(error);
  }
}

export const goTo = (node: number): void => lookAt({ node, value: 0, number: 0 });

export function lookAt(place: Partial<typeof at.value>): void {
  at.value = { ...at.peek(), ...place };
  if (place.number === undefined || place.node !== undefined) compare();
}

/** The gradient of the value that is looked at, by finite differences. */
async function compare(): Promise<void> {
  const { node, value } = at.peek();
  check.value = undefined;
  if (step.peek()?.nodes[node]?.values[value]?.gradient === undefined) return;
  const wanted = asked;
  if (!wanted) return;
  const current = () => asked === wanted && at.peek().node === node && at.peek().value === value;
  try {
    const found = await call("insideCheck", { ...wanted, node, value });
    if (current()) check.value = found;
  } catch (error) {
    if (current() && !isAbort(error)) problem.value = sentenceOf(error);
  }
}

export async function checkAll(): Promise<void> {
  const wanted = asked;
  if (!wanted) return;
  checkingAll?.abort();
  const own = new AbortController();
  checkingAll = own;
  const current = () => checkingAll === own;
  checked.value = [];
  checking.value = true;
  try {
    await call("insideCheckAll", wanted, {
      signal: own.signal,
      onEvent: (one) => {
        if (current()) checked.value = [...checked.value, one];
      },
    });
  } catch (error) {
    if (current()) checked.value = [];
    if (current() && !isAbort(error)) problem.value = sentenceOf(error);
  }
  if (current()) checking.value = false;
}
