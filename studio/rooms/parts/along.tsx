/** How copying came along a training: the share of copies among the texts of weights that the run kept on the way. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type CopiesAlong, findingOf, type NoveltyRequest } from "punchline/web";
import { call, isAbort, sentenceOf } from "../../state/engine.ts";
import { chosen } from "../../state/runs.ts";
import { Chart } from "../../ui/chart.tsx";
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
          ? `${run} kept no earlier weights along its training; a new run keeps some, as More settings in Train says.`
          : `${run} kept its weights at ${count(kept, "step")} along its training. With those of each step it writes as many texts as above, and these are looked up too.`}
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

/** From which step on the model copied more than real texts resemble each other. */
function beganInWords({ checkpoints, baseline }: CopiesAlong): string {
  if (baseline.n === 0) return "";
  const more = checkpoints.map((at) => findingOf(at, baseline) === "more");
  if (!more.includes(true)) return "At none of these steps did it copy more than chance likeness explains.";
  const since = more.lastIndexOf(false) + 1;
  if (since === more.length)
    return `It copied more than chance likeness explains at step ${number(checkpoints[more.indexOf(true)]!.step)}, and no longer at the last.`;
  return `From step ${number(checkpoints[since]!.step)} on it copies more than chance likeness explains.`;
}

function Shares({ found }: { readonly found: CopiesAlong }) {
  const { checkpoints, baseline } = found;
  const [first, last] = [checkpoints[0]!, checkpoints.at(-1)!];
  const real = baseline.n > 0 ? ` Among real unseen texts it is ${percent(baseline.rate ?? 0)}.` : "";
  const inWords = `Copies went from ${percent(first.rate ?? 0)} of the texts at step ${number(first.step)} to ${percent(last.rate ?? 0)} at step ${number(last.step)}.${real}`;
  const highest = Math.max(0.1, ...checkpoints.map(({ interval }) => interval[1]), baseline.rate ?? 0);
  return (
    <>
      <Chart
        inWords={inWords}
        height={220}
        end={last.step}
        values={{ name: "copies", top: Math.min(1, highest), format: percent }}
        level={
          baseline.n > 0
            ? { value: baseline.rate ?? 0, name: `real unseen texts ${percent(baseline.rate ?? 0)}` }
            : undefined
        }
        band={checkpoints.map(({ step, interval: [low, high] }) => [step, low, high])}
        lines={[{ points: checkpoints.map(({ step, rate }) => [step, rate ?? 0]), kind: "lead", dots: true }]}
      />
      <p role="status">
        {beganInWords(found)} {inWords}
      </p>
      <p class="note">The band shows how far chance alone may move each share (95 % interval).</p>
    </>
  );
}
