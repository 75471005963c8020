/** The validation losses of several trainings as one SVG that needs no style sheet. */
import type { LogRow } from "../src/train/events.ts";

const size = { width: 680, height: 300, left: 52, right: 130, top: 16, bottom: 40 } as const;
/** Readable on white and on black. */
const colours = ["#2f7ed8", "#d9662b"] as const;
/** Losses above this are those of the first minutes, which would flatten all that follows. */
const MOST = 7;

export function trainingCurve(
  runs: readonly { readonly name: string; readonly log: readonly LogRow[] }[],
): string {
  const lines = runs.map(({ name, log }) => ({
    name,
    points: log.flatMap(({ tokens, val_loss }) =>
      val_loss === undefined || val_loss > MOST ? [] : [[tokens / 1e6, val_loss] as const],
    ),
  }));
  const all = lines.flatMap(({ points }) => points);
  const right = Math.max(...all.map(([x]) => x));
  const [low, high] = [
    Math.floor(2 * Math.min(...all.map(([, y]) => y))) / 2,
    Math.ceil(2 * Math.max(...all.map(([, y]) => y))) / 2,
  ];
  const x = (value: number) => size.left + (value / right) * (size.width - size.left - size.right);
  const y = (value: number) =>
    size.top + ((high - value) / (high - low)) * (size.height - size.top - size.bottom);
  const at = (value: number) => value.toFixed(1);
  const step = [1, 2, 5, 10, 20].find((width) => right / width <= 8) ?? 50;
  const parts: string[] = [];
  for (let level = low; level <= high; level += 0.5) {
    parts.push(`<path d="M${size.left} ${at(y(level))}H${size.width - size.right}" stroke="#8884"/>`);
    parts.push(
      `<text x="${size.left - 8}" y="${at(y(level) + 4)}" text-anchor="end">${level.toFixed(1)}</text>`,
    );
  }
  for (let tokens = 0; tokens <= right; tokens += step)
    parts.push(`<text x="${at(x(tokens))}" y="${size.height - 20}" text-anchor="middle">${tokens}</text>`);
  parts.push(
    `<text x="${at((size.left + size.width - size.right) / 2)}" y="${size.height - 4}" text-anchor="middle">million tokens predicted</text>`,
  );
  parts.push(`<text x="${size.left}" y="11">validation loss, nats per token</text>`);
  lines.forEach(({ name, points }, i) => {
    const colour = colours[i % colours.length];
    const path = points.map(([tokens, loss]) => `${at(x(tokens))} ${at(y(loss))}`).join("L");
    const [tokens, loss] = points.at(-1) ?? [0, 0];
    parts.push(`<path d="M${path}" stroke="${colour}" stroke-width="2" fill="none"/>`);
    parts.push(
      `<text x="${at(x(tokens) + 6)}" y="${at(y(loss) + 4)}" fill="${colour}">${name} ${loss.toFixed(2)}</text>`,
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12" fill="#888">\n<title>Validation loss against tokens</title>\n${parts.join("\n")}\n</svg>\n`;
}
