import { expect, it } from "vitest";
import { terminal } from "./terminal.ts";

const write = () => {};

it("a terminal has its width and colours, and what is none has 80 columns and no colours", () => {
  const own = terminal({ write, isTTY: true, columns: 132 }, {});
  expect([own.isTTY, own.columns, own.style.isColorSupported]).toEqual([true, 132, true]);
  const pipe = terminal({ write }, {});
  expect([pipe.isTTY, pipe.columns, pipe.style.isColorSupported]).toEqual([false, 80, false]);
});

it("a terminal without columns, as Open MPI gives it to its ranks, is taken as a pipe", () => {
  const empty = terminal({ write, isTTY: true, columns: 0 }, {});
  expect([empty.isTTY, empty.columns, empty.style.isColorSupported]).toEqual([false, 80, false]);
});
