import { expect, test } from "vitest";
import { createContext } from "./context.ts";
import type { Interrupt } from "./interrupt.ts";
import { terminal } from "./output/terminal.ts";

/** What is written to standard error of this kind when `text` is a warning. */
function warned(text: string, isTTY: boolean): string {
  let written = "";
  const stream = { write: (piece: string) => (written += piece), isTTY, columns: 30 };
  const { context } = createContext({
    stdout: terminal({ write: () => true }, {}),
    stderr: terminal(stream, {}),
    interrupt: { signal: new AbortController().signal } as Interrupt,
    json: false,
    quiet: false,
    verbose: false,
    commandLine: "punchline x",
  });
  context.warn(text);
  return written;
}

test("a warning's lines end between words on a terminal, and it is one line elsewhere", () => {
  const text = "Cleaning changes the letters of these texts: --keep-unicode keeps them.";
  expect(warned(text, false)).toBe(`${text}\n`);
  const lines = warned(text, true).trimEnd().split("\n");
  expect(lines.every((line) => line.length <= 30)).toBe(true);
  expect(lines.join(" ")).toBe(text);
  const path = `Written to /a/${"long/".repeat(10)}path that can be copied.`;
  expect(warned(path, true)).toBe(`${path}\n`);
});
