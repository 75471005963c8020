import { expect, test } from "vitest";
import { printable, visible } from "../../core/printable.ts";
import { displayWidth } from "./layout.ts";
import { table } from "./table.ts";

test("columns line up, numbers at the right", () => {
  expect(
    table(
      [{ header: "model" }, { header: "loss", align: "right" }],
      [
        ["char-lstm", "1.71"],
        ["gpt2", "10.2"],
      ],
    ),
  ).toBe("model      loss\n───────────────\nchar-lstm  1.71\ngpt2       10.2");
});

test("of a table that is too wide the last columns are left out, down to those that stay", () => {
  const columns = ["model", "loss", "size", "speed"];
  const rows = [["char-lstm", "1.71", "500k", "66,300"]];
  const headers = (width: number, keep?: number) =>
    table(columns, rows, { width, keep }).split("\n")[0]!.split(/ +/);
  expect(headers(29, 2)).toEqual(columns);
  expect(headers(28, 2)).toEqual(["model", "loss", "size"]);
  expect(headers(16, 2)).toEqual(["model", "loss"]);
  expect(headers(28)).toHaveLength(4);
});

test("no line is wider than asked, and nothing of a wrapped text is lost", () => {
  const joke =
    "Why did the tokenizer cross the road? Because the other side had a larger vocabulary. ".repeat(3);
  for (const width of [20, 40, 80]) {
    const out = table(
      [{ header: "temperature" }, { header: "joke", wrap: true }, { header: "verdict" }],
      [["0.5", joke, "new"]],
      { width },
    );
    for (const line of out.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(width);
  }
  const wide = table([{ header: "#" }, { header: "joke", wrap: true }], [["1", joke]], { width: 60 });
  for (const word of joke.split(" ")) expect(wide).toContain(word);
});

test("escape sequences and changes of direction in a text cannot reach the terminal", () => {
  expect(visible("a\x1b[31mred\x07\u202eb\nc")).toBe("a\\x1b[31mred\\x07\\u202eb c");
  expect(table([{ header: "x" }], [["\x1b[2J"]])).not.toContain("\x1b");
  expect(printable("a\x1b[2J\tb\r\nc\u202e")).toBe("a\\x1b[2J\tb\\x0d\nc\\u202e");
});
