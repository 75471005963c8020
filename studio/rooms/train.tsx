/** Train: three choices, and then the loss and a text of the model as they change. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { TrainingRequest } from "punchline/web";
import { shellWord, textsElsewhere } from "../state/elsewhere.ts";
import { engine, machineEngine } from "../state/engine.ts";
import { goTo, setting } from "../state/route.ts";
import {
  busy,
  chosen,
  freeName,
  goOn,
  isUnfinished,
  refreshRuns,
  runs,
  show,
  stop,
  train,
  view,
} from "../state/runs.ts";
import { given, preparationOf } from "../state/texts.ts";
import { windowsFor } from "../state/windows.ts";
import { Button, Choice, Field, Fold, Opening, Problem, Same, SeedField } from "../ui/parts.tsx";
import { Branch } from "./parts/branch.tsx";
import { RunList } from "./parts/run-list.tsx";
import { Watched } from "./parts/watched.tsx";

const model = setting("model", "char-lstm");
const size = setting("size", "small");
const minutes = setting("minutes", "1");
const seed = setting("seed", "0");
const rate = setting("rate", "");
const snapshots = setting("snapshots", "6");
const name = signal("");
/** Whether a training is watched that was begun since the room was entered: its choices are made, and out of the way. */
const watching = signal(false);

const models = [
  { value: "char-lstm", name: "LSTM", hint: "Reads letter by letter and remembers" },
  { value: "char-gru", name: "GRU", hint: "The same with a simpler memory" },
  { value: "char-transformer", name: "Transformer", hint: "Looks back at every letter, as GPT does" },
] as const;

const sizes = [
  { value: "small", name: "Small", hint: "Learns names in seconds" },
  { value: "medium", name: "Medium", hint: "For a few thousand texts" },
  { value: "large", name: "Large", hint: "For long trainings" },
] as const;

const times = [
  { value: "0.25", name: "15 seconds", hint: "A first look" },
  { value: "1", name: "A minute", hint: "Enough for names" },
  { value: "5", name: "5 minutes", hint: "For jokes and sentences" },
  { value: "30", name: "Half an hour", hint: "You can close the tab, and go on from there later" },
] as const;

const engines = [
  { value: "machine", name: "This machine", hint: "Its own engine, several times as fast" },
  { value: "browser", name: "This browser", hint: "The page computes by itself" },
] as const;

const widths: Readonly<Record<string, number>> = { small: 64, medium: 128, large: 256 };

const modelOptions = (): TrainingRequest["modelOptions"] =>
  model.value === "char-transformer"
    ? { layers: size.value === "small" ? 2 : 4, width: widths[size.value] ?? 64 }
    : { layers: 1, width: 2 * (widths[size.value] ?? 64) };

const sizeFlags = (): string =>
  Object.entries(modelOptions() ?? {})
    .map(([name, value]) => `--${name} ${value}`)
    .join(" ");

const options = (): TrainingRequest["train"] => ({
  maxMinutes: Number(minutes.value),
  ...(given.value ? windowsFor(given.value.view, model.value) : {}),
  seed: Number(seed.value),
  checkpointSeconds: 10,
  logEvery: 5,
  snapshots: Number(snapshots.value),
  ...(rate.value === "" ? {} : { learningRate: Number(rate.value) }),
});

const runName = (): string => freeName(name.value.trim() || given.value?.name || "mine");

async function begin(): Promise<void> {
  const texts = given.value;
  if (!texts) return;
  // Another tab may have trained since.
  await refreshRuns();
  await train(runName(), {
    ...preparationOf(texts),
    model: model.value,
    modelOptions: modelOptions(),
    train: options(),
  });
}

export function Train() {
  useEffect(() => {
    // Why a run cannot be shown is said where it is chosen, in the list.
    if (!view.value && chosen.value) show(chosen.value).catch(() => {});
  }, [chosen.value]);
  useEffect(() => {
    watching.value = busy.value;
  }, []);
  useEffect(() => {
    if (busy.value) watching.value = true;
  }, [busy.value]);
  const shown = view.value;
  const canWrite = shown !== undefined && shown.log.length > 0;
  const choosing = !busy.value && !(watching.value && canWrite);
  return (
    <>
      <Opening title="Train a model">
        It learns from {given.value ? <b>{given.value.name}</b> : "your texts"} to say the next letter. Watch
        what it writes as it gets better.
      </Opening>
      {choosing && <Choices />}
      <div class="actions">
        {busy.value && (
          <Button kind="main" onClick={stop} disabled={shown?.phase === "stopping"}>
            {shown?.phase === "stopping" ? "Stopping" : "Stop"}
          </Button>
        )}
        {choosing && (
          <Button kind="main" onClick={begin} disabled={!given.value}>
            Train
          </Button>
        )}
        {!busy.value && canWrite && (
          <Button kind={choosing ? "usual" : "main"} onClick={() => goTo("write")}>
            Write with it
          </Button>
        )}
        {!busy.value && <GoOn />}
        {!busy.value && !choosing && (
          <Button
            onClick={() => {
              watching.value = false;
            }}
          >
            Train another
          </Button>
        )}
      </div>
      <Problem sentence={shown?.problem} />
      {shown && <Watched view={shown} unit={unitOf(shown.run)} />}
      {!busy.value && <Branch />}
      <RunList />
      <Same {...sameElsewhere()} />
    </>
  );
}

function Choices() {
  return (
    <>
      <div class="choices">
        <Choice legend="Network" value={model} options={models} />
        <Choice legend="Size" value={size} options={sizes} />
        <Choice legend="Time" value={minutes} options={times} />
        {machineEngine.value && <Choice legend="Engine" value={engine} options={engines} />}
      </div>
      <Fold title="More settings">
        <div class="fields">
          <Field label="Name of the run" value={name} />
          <SeedField value={seed} hint="The same seed gives the same model" />
          <Field
            label="Learning rate"
            value={rate}
            type="number"
            min={0}
            step={0.0001}
            hint="Empty: what suits the network"
          />
          <Field
            label="Weights kept along the way"
            value={snapshots}
            type="number"
            min={0}
            max={20}
            step={1}
            hint="So many times, to see later when it began to copy, or to branch; those of a large network take up to 13 MB each"
          />
        </div>
      </Fold>
    </>
  );
}

/** What a run reads one of after the other: this room trains networks of letters, and shows those of others too. */
const unitOf = (run: string): string => {
  const model = runs.value.find(({ name }) => name === run)?.record?.model;
  return model === undefined || model.startsWith("char-") ? "letters" : "pieces of words";
};

/** The same at the command line and in a program. */
function sameElsewhere(): { readonly command: string; readonly code: string } {
  const { source, importWith, data } = textsElsewhere();
  const out = `runs/${runName()}`;
  const { seqLen, batchSize, learningRate } = options() ?? {};
  const windows = seqLen === undefined ? "" : ` --seq-len ${seqLen} --batch-size ${batchSize}`;
  const rates = learningRate === undefined ? "" : ` --learning-rate ${learningRate}`;
  return {
    command: `punchline train --model ${model.value} ${sizeFlags()} --data ${source}${windows}${rates} --max-minutes ${minutes.value} --seed ${seed.value} --snapshots ${snapshots.value} --out ${shellWord(out)}`,
    code: `${importWith("train")}\n\nconst { lm } = await train({\n  model: "${model.value}",\n  modelOptions: ${JSON.stringify(modelOptions())},\n  data: ${data},\n  options: ${JSON.stringify(options())},\n  out: ${JSON.stringify(out)},\n});`,
  };
}

/** Goes on with a run that was stopped, or longer with one that is finished. */
function GoOn() {
  const run = runs.value.find((one) => one.name === chosen.value);
  if (!run?.record) return null;
  const { maxMinutes } = run.record.train;
  if (isUnfinished(run)) return <Button onClick={() => goOn(run.name)}>Go on with {run.name}</Button>;
  if (maxMinutes === undefined) return null;
  return (
    <Button onClick={() => goOn(run.name, { maxMinutes: 2 * maxMinutes })}>
      Train {run.name} as long again
    </Button>
  );
}
