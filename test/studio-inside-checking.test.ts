/** The room Inside checks all weights while somebody types: only what is asked last is shown, and called finished. */
import { beforeEach, expect, test, vi } from "vitest";

interface Asked {
  readonly name: string;
  readonly request: { readonly text: string; readonly done: number };
  readonly options: { readonly signal?: AbortSignal; readonly onEvent?: (one: unknown) => void };
  answer(result?: unknown): Promise<void>;
  fail(error: Error): Promise<void>;
}

const asked = vi.hoisted(() => [] as unknown[]) as Asked[];
const turn = () => new Promise((resume) => setTimeout(resume));

vi.mock("../studio/state/engine.ts", () => ({
  call: (name: string, request: Asked["request"], options = {}) =>
    new Promise((resolve, reject) => {
      asked.push({
        name,
        request,
        options,
        async answer(result) {
          resolve(result);
          await turn();
        },
        async fail(error) {
          reject(error);
          await turn();
        },
      });
    }),
  isAbort: (error: Error) => error.name === "AbortError",
  sentenceOf: (error: Error) => error.message,
}));
vi.mock("../studio/state/route.ts", async () => {
  const { signal } = await import("@preact/signals");
  return { room: signal("inside"), setting: (_: string, value: string) => signal(value) };
});
vi.mock("../studio/state/texts.ts", async () => {
  const { signal } = await import("@preact/signals");
  return { given: signal(undefined) };
});

const state = await import("../studio/rooms/inside/state.ts");

const last = (name: string) => asked.findLast((one) => one.name === name)!;
const found = { dump: "%0 = input", nodes: [{ values: [{ gradient: [1] }] }], stops: { ids: 0 } };
const row = (name: string) => ({ name, node: 0, numbers: 2, gradient: 1, difference: 0 });
const names = () => state.checked.value.map(({ name }) => name);
const aborted = () => new DOMException("Another was asked for since.", "AbortError");

beforeEach(async () => {
  state.typed.value = undefined;
  state.problem.value = undefined;
  asked.length = 0;
  state.typed.value = "Barcelona";
  await last("insideStep").answer(found);
});

test("a check is told as finished when it is", async () => {
  state.checkAll();
  const check = last("insideCheckAll");
  check.options.onEvent!(row("head.weight"));
  expect([state.checking.value, names()]).toEqual([true, ["head.weight"]]);
  await check.answer();
  expect([state.checking.value, names()]).toEqual([false, ["head.weight"]]);
});

test("another text ends the check of the one before at once, and its late rows are not shown", async () => {
  state.checkAll();
  const check = last("insideCheckAll");
  check.options.onEvent!(row("head.weight"));
  state.typed.value = "Madrid";
  expect(check.options.signal!.aborted).toBe(true);
  expect([state.checking.value, names()]).toEqual([false, []]);
  check.options.onEvent!(row("head.bias"));
  await last("insideStep").answer(found);
  await check.fail(aborted());
  expect([state.checking.value, names(), state.problem.value]).toEqual([false, [], undefined]);
});

test("another step of the same text ends it too", () => {
  state.checkAll();
  const check = last("insideCheckAll");
  state.done.value = 1;
  expect(check.options.signal!.aborted).toBe(true);
  expect(state.checking.value).toBe(false);
  state.done.value = 0;
});

test("the end of a superseded check does not end the one after it, nor does its failure show", async () => {
  state.checkAll();
  const before = last("insideCheckAll");
  state.typed.value = "Madrid";
  await last("insideStep").answer(found);
  state.checkAll();
  const after = last("insideCheckAll");
  expect(after.request.text).toBe("Madrid");
  after.options.onEvent!(row("head.weight"));
  await before.fail(new Error("out of memory"));
  expect([state.checking.value, names(), state.problem.value]).toEqual([true, ["head.weight"], undefined]);
  await after.answer();
  expect([state.checking.value, names()]).toEqual([false, ["head.weight"]]);
});

test("a check that fails leaves no rows that look like a whole one", async () => {
  state.checkAll();
  const check = last("insideCheckAll");
  check.options.onEvent!(row("head.weight"));
  await check.fail(new Error("out of memory"));
  expect([state.checking.value, names(), state.problem.value]).toEqual([false, [], "out of memory"]);
});

test("the slope of a number of the text before is not shown for the one typed since", async () => {
  const slope = last("insideCheck");
  expect(slope.request.text).toBe("Barcelona");
  state.typed.value = "Madrid";
  await slope.answer({ slopes: [2] });
  expect(state.check.value).toBe(undefined);
});
