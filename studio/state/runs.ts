/** The runs of the chosen engine, and the training under way. */
import { computed, effect, signal, untracked } from "@preact/signals";
import {
  type EngineCalls,
  type Guesses,
  type LogRow,
  measuredInWords,
  type SampleRow,
  type StoredRun,
  type TrainingEvent,
  type TrainingRequest,
} from "punchline/web";
import type { StudioCalls } from "../worker/calls.ts";
import { call, follow as followOn, inWords, isAbort, ongoing, onMachine, sentenceOf } from "./engine.ts";
import { shownLog } from "./shown-log.ts";

export const runs = signal<readonly StoredRun[]>([]);
/** Whether the engine has said which runs there are. */
export const listed = signal(false);
/** The run that the rooms show: the last one that was trained or chosen. */
export const chosen = signal<string | undefined>(undefined);

/** What is on the screen of a run. */
export interface RunView {
  readonly run: string;
  readonly log: readonly LogRow[];
  readonly samples: readonly SampleRow[];
  readonly guesses: Guesses | undefined;
  /** Steps planned; undefined until they are known. */
  readonly planned: number | undefined;
  readonly secondsLeft: number | undefined;
  readonly parameters: number | undefined;
  /** Which of several devices computes, and why, as a sentence; where there was a choice. */
  readonly device?: string | undefined;
  /** How much of the texts is read, from 0 to 1, until all are. */
  readonly prepared?: number | undefined;
  readonly phase: "starting" | "training" | "stopping" | "paused" | "done" | "failed";
  readonly problem?: string | undefined;
}

export const view = signal<RunView | undefined>(undefined);
export const busy = computed(() =>
  ["starting", "training", "stopping"].includes(view.value?.phase ?? "done"),
);

let controller: AbortController | undefined;

/** Why the runs cannot be read. */
export const storageProblem = signal<string | undefined>(undefined);

export async function refreshRuns(): Promise<void> {
  try {
    runs.value = await call("runs", undefined);
    listed.value = true;
    storageProblem.value = undefined;
  } catch (error) {
    storageProblem.value = onMachine.value
      ? sentenceOf(error)
      : `This browser keeps no models: ${sentenceOf(error)}`;
    return;
  }
  const names = runs.value.map(({ name }) => name);
  if (chosen.value === undefined || !names.includes(chosen.value)) chosen.value = names[0];
}

/** Forgets the runs of one engine when the other is chosen. */
effect(() => {
  onMachine.value;
  untracked(() => {
    if (!busy.value) view.value = undefined;
    chosen.value = undefined;
    runs.value = [];
    listed.value = false;
  });
});

/** The runs as they are now, and a training that was begun elsewhere. */
export async function rejoin(): Promise<void> {
  if (busy.value) return;
  await refreshRuns();
  const training = await ongoing().catch(() => undefined);
  if (!training || busy.value) return;
  view.value = fresh(training.run);
  await follow(training.run, (options) => followOn(training, options));
}

/** Whether a run has more to do: it was stopped, or its tab was closed. */
export function isUnfinished({ record, state }: Pick<StoredRun, "record" | "state">): boolean {
  if (!record || !state) return record !== undefined;
  const { steps = Infinity, maxMinutes = Infinity } = record.train;
  return state.step < Math.min(steps, state.plannedSteps ?? Infinity) && state.seconds < maxMinutes * 60;
}

const fresh = (run: string): RunView => ({
  run,
  log: [],
  samples: [],
  guesses: undefined,
  planned: undefined,
  secondsLeft: undefined,
  parameters: undefined,
  phase: "starting",
});

export async function show(run: string): Promise<void> {
  chosen.value = run;
  if (busy.value || view.value?.run === run) return;
  // What was not trained here has no training to show.
  view.value = undefined;
  if (!runs.value.some(({ name, record }) => name === run && record)) return;
  const { log, samples, guesses, record, state } = await call("history", { run });
  // A training that was begun meanwhile is on the screen, or a run that was chosen after this one.
  if (busy.value || chosen.value !== run) return;
  const planned = state?.plannedSteps ?? undefined;
  view.value = {
    ...fresh(run),
    log: shownLog(log),
    samples,
    guesses,
    planned,
    parameters: record.parameters,
    phase: isUnfinished({ record, state }) ? "paused" : "done",
  };
}

/** A name that no run has yet: the wanted one, as a folder can have it, or that with a number. */
export function freeName(wanted: string): string {
  const usable = wanted
    .replace(/\.\w+$/, "")
    .replace(/[^\p{L}\p{M}\p{N}_]+/gu, "-")
    .replace(/^-|-$/g, "")
    .toLowerCase();
  // 40 characters of four bytes are a name in every file system.
  const name = [...usable].slice(0, 40).join("") || "run";
  const taken = new Set(runs.value.map((run) => run.name));
  for (let k = 1; ; k++) {
    const free = k === 1 ? name : `${name}-${k}`;
    if (!taken.has(free)) return free;
  }
}

export function train(run: string, request: TrainingRequest): Promise<void> {
  return begin(run, (options) => call("train", { ...request, run }, options));
}

export function finetune(
  run: string,
  request: Omit<EngineCalls["finetune"]["request"], "run">,
): Promise<void> {
  return begin(run, (options) => call("finetune", { ...request, run }, options));
}

export function branch(run: string, request: Omit<StudioCalls["branch"]["request"], "run">): Promise<void> {
  return begin(run, (options) => call("branch", { ...request, run }, options));
}

export async function goOn(run: string, train: { readonly maxMinutes?: number } = {}): Promise<void> {
  if (view.value?.run !== run) await show(run);
  if (busy.value) return;
  const shown = view.value?.run === run ? view.value : fresh(run);
  view.value = { ...shown, phase: "starting", problem: undefined };
  return follow(run, (options) => call("resume", { run, train }, options));
}

export function stop(): void {
  change({ phase: "stopping" });
  controller?.abort();
}

type Start = (options: {
  onEvent: (event: TrainingEvent) => void;
  signal: AbortSignal;
}) => Promise<EngineCalls["train"]["result"]>;

/** Trains a new run; nothing where one is in training already, as after a button was pressed twice. */
async function begin(run: string, start: Start): Promise<void> {
  if (busy.value) return;
  view.value = fresh(run);
  await follow(run, start);
}

async function follow(run: string, start: Start): Promise<void> {
  chosen.value = run;
  controller = new AbortController();
  const after = await start({ onEvent: hear, signal: controller.signal }).then(
    ({ stopped }): Partial<RunView> => ({
      phase: stopped === "interrupt" ? "paused" : "done",
      secondsLeft: undefined,
    }),
    (error): Partial<RunView> =>
      isAbort(error) ? { phase: "done" } : { phase: "failed", problem: sentenceOf(error) },
  );
  // The run is in the list when its training is called done.
  await refreshRuns();
  change(after);
}

const change = (part: Partial<RunView>): void => {
  if (view.value) view.value = { ...view.value, ...part };
};

function hear(event: TrainingEvent): void {
  if (view.value) change(changeOf(view.value, event));
}

/** What computes, by the names that people may have read of. */
const devices = { cpu: "The processor", cuda: "The graphics card", wasm: "WebAssembly", webgpu: "WebGPU" };

/** What an event changes on the screen. */
function changeOf(now: RunView, event: TrainingEvent): Partial<RunView> {
  switch (event.type) {
    case "preparing": {
      const { phase, bytes, totalBytes, rows, totalRows } = event;
      const [done, all] = phase === "read" ? [bytes, totalBytes] : [rows, totalRows];
      return { prepared: all > 0 ? done / all : undefined };
    }
    case "guesses":
      return { prepared: undefined, guesses: { uniform: event.uniform, unigram: event.unigram } };
    case "device":
      return { device: inWords(measuredInWords(event, { names: devices })) };
    case "start":
      return {
        phase: now.phase === "stopping" ? "stopping" : "training",
        planned: event.steps,
        parameters: event.parameters,
        // What came after the last checkpoint comes again.
        log: now.log.filter(({ step }) => step <= (event.resumedFrom ?? 0)),
        samples: now.samples.filter(({ step }) => step <= (event.resumedFrom ?? 0)),
      };
    case "planned":
      return { planned: event.steps };
    case "log":
      return { log: shownLog([...now.log, event.row]), secondsLeft: event.secondsLeft };
    case "validation":
      return {
        log: now.log.map((row) => (row.step === event.step ? { ...row, val_loss: event.loss } : row)),
      };
    case "sample":
      return { samples: [...now.samples, event.row] };
    default:
      return {};
  }
}
