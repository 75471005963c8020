/** Small helpers for elements. Texts are set as text, so that none can become markup. */

type Attributes = Readonly<Record<string, string | number>>;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** A path at the end of a picture. */
export function path(kind: string, svg: SVGSVGElement): SVGPathElement {
  const made = document.createElementNS(svg.namespaceURI, "path") as SVGPathElement;
  made.setAttribute("class", kind);
  svg.append(made);
  return made;
}

export const all = <E extends Element = HTMLElement>(
  selector: string,
  within: ParentNode = document,
): E[] => [...within.querySelectorAll<E>(selector)];

export interface SliderOptions {
  readonly label: string;
  readonly min?: number;
  readonly max: number;
  readonly step?: number;
  readonly value: number;
  /** Shows what is at this value, and returns it in words. */
  readonly show: (value: number) => string;
}

export interface Slider {
  readonly input: HTMLInputElement;
  go(value: number): void;
}

/** A slider: the one control that pointers, fingers, keys and screen readers all know. */
export function slider({ label, min = 0, max, step = 1, value, show }: SliderOptions): Slider {
  const input = element("input", { type: "range", min, max, step, value, "aria-label": label });
  const update = () => input.setAttribute("aria-valuetext", show(input.valueAsNumber));
  input.addEventListener("input", update);
  update();
  return {
    input,
    go(to) {
      if (input.valueAsNumber === to) return;
      input.valueAsNumber = to;
      update();
    },
  };
}

/** A choice among named things; `choose` is called at once with that at `first`. */
export function choice(
  label: string,
  names: readonly string[],
  first: number,
  choose: (at: number) => void,
): HTMLElement {
  const select = element("select", {}, ...names.map((name) => element("option", {}, name)));
  select.selectedIndex = first;
  select.addEventListener("change", () => choose(select.selectedIndex));
  choose(first);
  return element("label", {}, `${label} `, select);
}

export interface Bar {
  readonly name: string;
  /** 0 to 1. */
  readonly share: number;
  readonly said: string;
  readonly lead?: boolean;
}

/** Shares as bars, the longest as long as there is room. */
export function bars(of: readonly Bar[]): HTMLElement {
  const most = Math.max(1e-9, ...of.map(({ share }) => share));
  const item = ({ name, share, said, lead }: Bar) => {
    const bar = element("i");
    bar.style.width = `${(100 * share) / most}%`;
    const track = element("span", { class: "track" }, bar);
    return element(
      "li",
      lead ? { class: "lead" } : {},
      element("span", { class: "word" }, name),
      track,
      element("span", { class: "value" }, said),
    );
  };
  return element("ul", { class: "bars" }, ...of.map(item));
}

/** The index of the element under a pointer; -1 where it is none of them. */
export const under = (event: Event, elements: readonly Element[]): number =>
  event.target instanceof Element ? elements.indexOf(event.target) : -1;
