/** The graph as Punchline dumps it, a node a line: what is computed forward, backward, and what the step changes. */
import { useEffect, useRef } from "preact/hooks";
import type { InsideNode, InsideStep, Phase } from "../../worker/inside/types.ts";
import { at, goTo } from "./state.ts";

const titles: Readonly<Record<Phase, string>> = {
  forward: "Forward: from letters to the loss",
  backward: "Backward: how the loss changes with each number",
  update: "The step: every parameter moves against its gradient",
};

/** Names or types in a row of which only the ends are shown. */
const MOST = 4;

/** The line of the dump, long lists of names and types cut in their middle. */
export const shortened = (line: string): string =>
  line.replace(/(?:[%\w.]+(?:\[[\d, ]*\])?, ){4,}[%\w.]+(?:\[[\d, ]*\])?/g, (list) => {
    const parts = list.match(/[%\w.]+(?:\[[\d, ]*\])?/g)!;
    return parts.length > MOST ? `${parts.slice(0, 2).join(", ")}, …, ${parts.at(-1)}` : list;
  });

export function Graph({ step: { nodes } }: { readonly step: InsideStep }) {
  const list = useRef<HTMLElement>(null);
  const { node: chosen } = at.value;
  const reads = new Set(nodes[chosen]?.reads);
  useEffect(() => {
    const box = list.current!;
    const line = box.querySelector<HTMLElement>("[aria-pressed=true]");
    if (!line) return;
    const { offsetTop, offsetHeight } = line;
    if (offsetTop < box.scrollTop || offsetTop + offsetHeight > box.scrollTop + box.clientHeight)
      box.scrollTop = offsetTop - box.clientHeight / 3;
  }, [chosen]);
  /** Arrows move along the graph; one line at a time is a stop of the Tab key. */
  const move = (event: KeyboardEvent) => {
    const to = { ArrowDown: chosen + 1, ArrowUp: chosen - 1, Home: 0, End: nodes.length - 1 }[event.key];
    if (to === undefined || !nodes[to]) return;
    event.preventDefault();
    goTo(to);
    list.current?.querySelectorAll("button")[to]?.focus();
  };
  return (
    <section class="graph" ref={list} aria-label="Nodes of the graph; arrow keys move">
      {(["forward", "backward", "update"] as const).map((phase) => (
        <div key={phase}>
          <h3>{titles[phase]}</h3>
          <ol>
            {nodes.map(
              (node, i) =>
                node.phase === phase && (
                  <li key={i}>
                    <button
                      type="button"
                      tabIndex={i === chosen ? 0 : -1}
                      aria-pressed={i === chosen}
                      class={reads.has(i) ? "read" : node.reads.includes(chosen) ? "reader" : undefined}
                      onClick={() => goTo(i)}
                      onKeyDown={move}
                    >
                      <code>{shortened(node.line)}</code>
                      {node.role && <small>{node.role}</small>}
                    </button>
                  </li>
                ),
            )}
          </ol>
        </div>
      ))}
    </section>
  );
}

/** Links to other nodes. */
export function Links({
  title,
  nodes,
  all,
}: {
  readonly title: string;
  readonly nodes: readonly number[];
  readonly all: readonly InsideNode[];
}) {
  if (nodes.length === 0) return null;
  return (
    <p class="links">
      <span>{title}</span>
      {nodes.map((i) => (
        <button key={i} type="button" class="plain" onClick={() => goTo(i)}>
          {all[i]!.values[0]!.name} <span class="quiet">{all[i]!.op}</span>
        </button>
      ))}
    </p>
  );
}
