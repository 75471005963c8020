/** The attention of every head of a model: all of them small, one of them large, and what one of its tokens looks at. */
import { useSignal } from "@preact/signals";
import { useEffect, useId, useMemo, useRef } from "preact/hooks";
import type { AttentionHeads } from "punchline/web";
import { bareToken, percent } from "../../../src/report/format.ts";
import { dark } from "../../ui/theme-button.tsx";

interface AttentionProps {
  readonly name: string;
  readonly heads: AttentionHeads;
}

/** Tokens that the sentence names. */
const MOST = 4;

/** The blank, or the last token, which says what comes next. */
const placeOf = (tokens: readonly string[]): number =>
  tokens.includes("[MASK]") ? tokens.indexOf("[MASK]") : tokens.length - 1;

export function Attention({ name, heads: { layers, heads, tokens, cut, weights } }: AttentionProps) {
  const group = useId();
  const walk = useId();
  const n = tokens.length;
  const bytes = useMemo(() => Uint8Array.from(atob(weights), (letter) => letter.charCodeAt(0)), [weights]);
  const words = useMemo(() => tokens.map(bareToken), [tokens]);
  const picked = useSignal(0);
  const token = useSignal(placeOf(tokens));
  useEffect(() => {
    token.value = placeOf(tokens);
  }, [tokens]);
  const at = Math.min(token.value, n - 1);
  const square = (head: number) => bytes.subarray(head * n * n, (head + 1) * n * n);
  const row = Array.from(square(picked.value).subarray(at * n, (at + 1) * n), (byte) => (byte / 255) ** 2);
  const strongest = [...row.keys()]
    .sort((a, b) => row[b]! - row[a]!)
    .slice(0, MOST)
    .filter((i) => row[i]! > 0);
  const said = `“${words[at]}” looks at ${strongest.map((i) => `${words[i]} ${percent(row[i]!)}`).join(", ")}`;
  const point = (event: PointerEvent) => {
    const { top, height } = (event.currentTarget as Element).getBoundingClientRect();
    token.value = Math.min(n - 1, Math.max(0, Math.floor((n * (event.clientY - top)) / height)));
  };
  return (
    <div class="attention">
      <fieldset class="heads" style={{ "--heads": heads }}>
        <legend class="unseen">Head of {name}</legend>
        {Array.from({ length: layers }, (_, layer) => [
          <small key={`layer ${layer}`} aria-hidden="true">
            layer {layer + 1}
          </small>,
          ...Array.from({ length: heads }, (_, head) => {
            const index = layer * heads + head;
            return (
              <label key={index}>
                <input
                  type="radio"
                  class="unseen"
                  name={group}
                  checked={picked.value === index}
                  onChange={() => {
                    picked.value = index;
                  }}
                />
                <span class="unseen">
                  Layer {layer + 1}, head {head + 1}
                </span>
                <Square weights={square(index)} n={n} />
              </label>
            );
          }),
        ])}
      </fieldset>
      <p class="note">
        Layer {Math.floor(picked.value / heads) + 1}, head {(picked.value % heads) + 1}
      </p>
      <div class="large" onPointerMove={point} onPointerDown={point}>
        <Square weights={square(picked.value)} n={n} />
        <i class="row" style={{ top: `${(100 * at) / n}%`, height: `${100 / n}%` }} />
      </div>
      <label class="unseen" for={walk}>
        Word of {name}
      </label>
      <input
        id={walk}
        type="range"
        min={0}
        max={n - 1}
        step={1}
        value={at}
        aria-valuetext={said}
        onInput={({ currentTarget }) => {
          token.value = Number(currentTarget.value);
        }}
      />
      <p class="reading" aria-hidden="true">
        {said}
      </p>
      <p class="chips" aria-hidden="true">
        {cut.before && "… "}
        {words.map((word, i) => [
          // biome-ignore lint/a11y/noStaticElementInteractions: pointing is one more way; the slider does the same
          // biome-ignore lint/a11y/useKeyWithClickEvents: the slider does the same
          <span
            key={i}
            class={i === at ? "at" : undefined}
            style={{ "--weight": `${Math.round(85 * Math.sqrt(row[i]!))}%` }}
            onClick={() => {
              token.value = i;
            }}
          >
            {word}
          </span>,
          " ",
        ])}
        {cut.after && "…"}
      </p>
    </div>
  );
}

/** A picture of n by n weights, a pixel each: a byte is how much of the colour there is. */
function Square({ weights, n }: { readonly weights: Uint8Array; readonly n: number }) {
  const place = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = place.current!;
    const context = canvas.getContext("2d")!;
    const [red = 0, green = 0, blue = 0] = (getComputedStyle(canvas).color.match(/\d+/g) ?? []).map(Number);
    const picture = context.createImageData(n, n);
    for (const [i, weight] of weights.entries()) picture.data.set([red, green, blue, weight], 4 * i);
    context.putImageData(picture, 0, 0);
  }, [weights.buffer, weights.byteOffset, n, dark.value]);
  return <canvas ref={place} width={n} height={n} />;
}
