/** Texts of which each token shows its probability and the likeliest in its place. */
import { all, type Bar, bars, choice, element, slider, under } from "./dom.ts";
import { writtenShare } from "./share.ts";

export function letters(): void {
  for (const place of all(".letters")) {
    const texts = all(".letter-text", place);
    for (const text of texts) walkAlong(text);
    if (texts.length < 2) continue;
    const names = texts.map((text) => text.getAttribute("aria-label") ?? "");
    const controls = element(
      "div",
      { class: "controls" },
      choice("Text", names, 0, (chosen) => {
        for (const [i, text] of texts.entries()) text.hidden = i !== chosen;
      }),
    );
    // The choice names the text.
    for (const text of texts) text.querySelector(".note")?.remove();
    place.prepend(controls);
  }
}

function walkAlong(text: HTMLElement): void {
  const said = text.querySelector(".said");
  const tokens = all(".each > span", text);
  const rows = all("tbody tr", text);
  if (said === null || tokens.length === 0) return;
  const panel = element("div", { class: "panel", "aria-hidden": "true" });
  let at = 0;
  const walk = slider({
    label: "Place in the text",
    max: tokens.length - 1,
    value: Number(text.dataset.at),
    show(to) {
      tokens[at]?.classList.remove("at");
      at = to;
      tokens[at]?.classList.add("at");
      const [own, probability] = all("th, td", rows[at]).map((cell) => cell.textContent ?? "");
      const instead = all("b", rows[at]).map((b): Bar => {
        const share = b.nextSibling?.textContent?.trim() ?? "";
        const name = b.textContent ?? "";
        return { name, said: share, share: writtenShare(share), lead: name === own };
      });
      const written: Bar = {
        name: own ?? "",
        said: probability ?? "",
        share: writtenShare(probability ?? ""),
        lead: true,
      };
      const shown = instead.some(({ lead }) => lead) ? instead : [...instead, written];
      panel.replaceChildren(bars(shown));
      return `${own}, ${probability}; likeliest: ${instead.map((one) => `${one.name} ${one.said}`).join(", ")}`;
    },
  });
  const point = (event: Event) => {
    const to = under(event, tokens);
    if (to >= 0) walk.go(to);
  };
  said.addEventListener("pointermove", point);
  said.addEventListener("click", (event) => {
    point(event);
    walk.input.focus({ preventScroll: true });
  });
  said.after(walk.input, panel);
}
