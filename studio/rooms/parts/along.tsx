/** How copying came along a training: the share of copies among the texts of weights that the run kept on the way. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { CopiesAlong, NoveltyRequest } from "punchline/web";
import { call, isAbort, sentenceOf } from "../../state/engine.ts";
import { chosen } from "../../state/runs.ts";
import { Button, count, number, Problem, Section } from "../../ui/parts.tsx";

const found = signal<({ readonly run: string } & CopiesAlong) | undefined>(undefined);
/** Steps at which the chosen run kept its weights. */
const steps = signal<readonly number[]>([]);
const under = signal(false);
const problem = signal<string | undefined>(undefined);
let controller: AbortController | undefined;

type Options = Omit<NoveltyRequest, "run" | "texts">;

async function look(run: string, options: Options): Promise<void> {
  controller?.abort();
  const own = new AbortController();
  controller = own;
  problem.value = undefined;
  found.value = undefined;
  under.value = true;
  const show = (now: CopiesAlong) => {
    if (controller === own) found.value = { ...now, run };
  };
  try {
    show(await call("copiesAlong", { run, ...options }, { signal: own.signal, onEvent: show }));
  } catch (error) {
    if (controller === own && !isAbort(error)) problem.value = sentenceOf(error);
  }
  if (controller === own) under.value = false;
}

export function Along({ options }: { readonly options: Options }) {
  const run = chosen.value;
  useEffect(() => {
    steps.value = [];
    problem.value = undefined;
    if (run)
      call("history", { run }).then(
        ({ snapshots }) => {
          if (chosen.value === run) steps.value = snapshots;
        },
        () => {},
      );
  }, [run]);
  if (!run) return null;
  const kept = steps.value.length;
  const shown = found.value?.run === run ? found.value : undefined;
  return (
    <Section title="Along the training">
      <p class="note">
        {kept === 0
          ? `${run} kept no copies of its weights along its training; a new run keeps some, as More settings in Train says.`
          : `${run} kept ${count(kept, "copy", "copies")} of its weights along its training. Each writes as many texts as above, and these are looked up too.`}
      </p>
      <div class="actions">
        {under.value ? (
          <Button onClick={() => controller?.abort()}>Stop looking</Button>
        ) : (
          <Button onClick={() => look(run, options)} disabled={kept === 0}>
            When did it begin to copy?
          </Button>
        )}
      </div>
      {under.value && (
        <progress
          aria-label="Progress along the training"
          value={shown?.checkpoints.length ?? 0}
          max={kept}
        />
      )}
      <Problem sentence={problem.value} />
      {shown && shown.checkpoints.length > 0 && <Shares found={shown} />}
    </Section>
  );
}

const percent = (share: number): string => `${Number((100 * share).toFixed(share < 0.1 ? 1 : 0))} %`;

function Shares({ found: { checkpoints, baseline } }: { readonly found: CopiesAlong }) {
  const place = useRef<HTMLDivElement>(null);
  const [first, last] = [checkpoints[0]!, checkpoints.at(-1)!];
  const real = baseline.n > 0 ? ` Among real unseen texts it is ${percent(baseline.rate ?? 0)}.` : "";
  const inWords = `Copies went from ${percent(first.rate ?? 0)} of the texts at step ${number(first.step)} to ${percent(last.rate ?? 0)} at step ${number(last.step)}.${real}`;
  useEffect(() => {
    let current = true;
    draw({ checkpoints, baseline }, place.current!.clientWidth).then((svg) => {
      for (const named of svg.querySelectorAll("[aria-label]")) named.removeAttribute("aria-label");
      if (current) place.current?.replaceChildren(svg);
    });
    return () => {
      current = false;
    };
  }, [checkpoints, baseline]);
  return (
    <>
      <div class="chart" ref={place} role="img" aria-label={inWords} />
      <p class="note" role="status">
        {inWords} The band is the 95 % interval.
      </p>
    </>
  );
}

async function draw({ checkpoints, baseline }: CopiesAlong, width: number): Promise<Element> {
  const Plot = await import("@observablehq/plot");
  const top = Math.max(0.1, ...checkpoints.map(({ interval }) => interval[1]), baseline.rate ?? 0);
  const at = (i: 0 | 1) => (row: CopiesAlong["checkpoints"][number]) => row.interval[i];
  return Plot.plot({
    width,
    height: 220,
    marginLeft: 44,
    x: { label: "step", domain: [0, checkpoints.at(-1)!.step], ticks: width < 480 ? 4 : 8 },
    y: { label: "copies", domain: [0, Math.min(1, top)], tickFormat: percent, ticks: 4, grid: true },
    style: { color: "var(--muted)", background: "none" },
    marks: [
      ...(baseline.n > 0
        ? [
            Plot.ruleY([baseline.rate ?? 0], { stroke: "var(--muted)", strokeDasharray: "2,3" }),
            Plot.text([baseline.rate ?? 0], {
              y: (level: number) => level,
              frameAnchor: "left",
              text: () => `real unseen texts ${percent(baseline.rate ?? 0)}`,
              textAnchor: "start",
              dx: 6,
              dy: -8,
              fill: "var(--muted)",
            }),
          ]
        : []),
      Plot.areaY(checkpoints, { x: "step", y1: at(0), y2: at(1), fill: "var(--accent)", fillOpacity: 0.15 }),
      Plot.line(checkpoints, { x: "step", y: "rate", stroke: "var(--accent)", strokeWidth: 2.5 }),
      Plot.dot(checkpoints, { x: "step", y: "rate", fill: "var(--accent)", r: 3 }),
    ],
  });
}
