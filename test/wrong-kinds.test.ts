/**
 * Every function of the entries for Node, called by a program without types with values of wrong kinds. What is refused must be
 * refused in a sentence: JavaScript's own "undefined is not iterable" says neither which argument nor what to write.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as engine from "../src/engine.ts";
import * as punchline from "../src/index.ts";
import * as node from "../src/node.ts";

const { nn } = engine;
const entries = { engine, nn, punchline, node };

/** Names of a folder or a model are texts, so a text is no wrong kind everywhere; it is wrong for tensors and lists. */
const wrong = {
  engine: [undefined, 5, "x", {}, [], null],
  nn: [undefined, 5, "x", {}, [], null],
  punchline: [undefined, 5, {}, [], null],
  node: [undefined, 5, {}, [], null],
};

const isClass = (value: unknown): boolean => /^class\b/.test(Function.prototype.toString.call(value));

const calls = Object.entries(entries).flatMap(([entry, module]) =>
  Object.entries(module)
    .filter(([, fn]) => typeof fn === "function" && !isClass(fn))
    .map(([name, fn]) => ({
      name: `${entry}.${name}`,
      fn: fn as Call,
      values: wrong[entry as keyof typeof wrong],
    })),
);

type Call = (...args: readonly unknown[]) => unknown;

/** What a call throws, or what its promise or its first step does. */
async function thrownBy(fn: Call, args: readonly unknown[]): Promise<unknown> {
  try {
    const result = await fn(...args);
    if (typeof (result as AsyncGenerator | undefined)?.next === "function")
      await (result as AsyncGenerator).next();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("values of wrong kinds", () => {
  // Nothing may be looked up on the way to a refusal.
  const fetched = vi.fn(() => Promise.reject(new Error("no network")));
  beforeAll(() => vi.stubGlobal("fetch", fetched));
  afterAll(() => void vi.unstubAllGlobals());

  it("are given to all functions of the entries", () => {
    expect(calls.length).toBeGreaterThan(150);
  });

  it.each(calls)("are refused by $name in a sentence, if at all", async ({ fn, values }) => {
    for (const value of values) {
      for (const args of [[value], [value, value, value], [() => ({}), value]]) {
        const error = await thrownBy(fn, args);
        if (error !== undefined) expect(error).toBeInstanceOf(punchline.PunchlineError);
      }
    }
    expect(fetched).not.toHaveBeenCalled();
  });
});
