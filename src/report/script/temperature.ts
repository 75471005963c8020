/** The next token at a temperature that the reader chooses. */
import { percent } from "../format.ts";
import { all, bars, choice, element, slider } from "./dom.ts";
import { tempered } from "./tempered.ts";

interface Stored {
  readonly beginning: string;
  readonly tokens: readonly string[];
  readonly logs: readonly number[];
}

const SHOWN = 8;

export function temperature(): void {
  for (const place of all(".temperature")) {
    const stored = JSON.parse(place.dataset.next ?? "[]") as Stored[];
    if (stored.length === 0) continue;
    const panel = element("div", { class: "panel", "aria-hidden": "true" });
    const value = element("output");
    let now = stored[0]!;
    const show = (degrees: number): string => {
      const shares = tempered(now.logs, degrees);
      const first = shares.slice(0, SHOWN).map((share, i) => ({
        name: now.tokens[i]!,
        share,
        said: percent(share),
        lead: i === 0,
      }));
      const rest = shares.slice(SHOWN).reduce((a, b) => a + b, 0);
      const others = { name: "all others", share: rest, said: percent(rest) };
      panel.replaceChildren(bars([...first, others]));
      value.textContent = degrees.toFixed(2);
      return `temperature ${degrees.toFixed(2)}: ${first.map(({ name, said }) => `${name} ${said}`).join(", ")}`;
    };
    const heat = slider({ label: "Temperature", min: 0.1, max: 2, step: 0.05, value: 1, show });
    const controls = element(
      "div",
      { class: "controls" },
      choice(
        "After",
        stored.map(({ beginning }) => beginning),
        0,
        (chosen) => {
          now = stored[chosen]!;
          heat.input.setAttribute("aria-valuetext", show(heat.input.valueAsNumber));
        },
      ),
      element("span", {}, "Temperature ", value),
    );
    place.prepend(controls, heat.input, panel);
    place.classList.add("live");
  }
}
