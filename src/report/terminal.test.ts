import { expect, test } from "vitest";
import { table, textWidth, truncate, visible, wrap } from "./terminal.ts";
import { sparkline, terminalChart } from "./terminal-chart.ts";

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

test("no line is wider than asked, and nothing of a wrapped text is lost", () => {
  const joke =
    "Why did the tokenizer cross the road? Because the other side had a larger vocabulary. ".repeat(3);
  for (const width of [20, 40, 80]) {
    const out = table(
      [{ header: "temperature" }, { header: "joke", wrap: true }, { header: "verdict" }],
      [["0.5", joke, "new"]],
      { width },
    );
    for (const line of out.split("\n")) expect(textWidth(line)).toBeLessThanOrEqual(width);
  }
  const wide = table([{ header: "#" }, { header: "joke", wrap: true }], [["1", joke]], { width: 60 });
  for (const word of joke.split(" ")) expect(wide).toContain(word);
});

test("East Asian letters and emoji count as two columns, marks as none", () => {
  expect(textWidth("abc")).toBe(3);
  expect(textWidth("日本")).toBe(4);
  expect(textWidth("😀")).toBe(2);
  expect(textWidth("e\u0301")).toBe(1);
  expect(truncate("日本語の", 5)).toBe("日本…");
  expect(wrap("日本語", 4)).toEqual(["日本", "語"]);
});

test("escape sequences and changes of direction in a text cannot reach the terminal", () => {
  expect(visible("a\x1b[31mred\x07\u202eb\nc")).toBe("a\\x1b[31mred\\x07\\u202eb c");
  expect(table([{ header: "x" }], [["\x1b[2J"]])).not.toContain("\x1b");
});

test("a style touches the letters and not the layout", () => {
  const bold = (t: string) => `<${t}>`;
  expect(table([{ header: "a" }, { header: "b" }], [["1", "2"]], { header: bold })).toBe(
    "<a  b>\n────\n1  2",
  );
});

test("a sparkline goes from the lowest to the highest block", () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe("▁▂▃▄▅▆▇█");
  expect(sparkline([3, 3])).toBe("▄▄");
  expect(sparkline([])).toBe("");
  expect(sparkline([1, Number.NaN, 2])).toBe("▁ █");
  expect(
    sparkline(
      Array.from({ length: 1000 }, (_, i) => i),
      10,
    ),
  ).toHaveLength(10);
});

test("a curve fits its width and height and shows its ends", () => {
  const points = Array.from({ length: 500 }, (_, i) => ({ x: i, y: 4 - i / 200 }));
  const lines = terminalChart(points, {
    width: 60,
    height: 6,
    xLabel: "steps",
    yLabel: "loss",
    floor: 0,
  }).split("\n");
  expect(lines).toHaveLength(9);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
  expect(lines[1]).toMatch(/^ *4 ┤/);
  expect(lines[6]).toMatch(/^ *0 ┤█{50,}$/);
  expect(lines.at(-1)).toMatch(/0 +499 steps$/);
  expect(terminalChart([], { xLabel: "steps", yLabel: "loss" })).toContain("nothing to draw");
});
