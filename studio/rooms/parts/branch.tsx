/** Branch: a new run that goes on from the weights of another, with other settings. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { runFolder, shellWord } from "../../state/elsewhere.ts";
import { call } from "../../state/engine.ts";
import { branch, chosen, freeName, refreshRuns, runs } from "../../state/runs.ts";
import { Button, Field, Fold, number, Same } from "../../ui/parts.tsx";

const step = signal("");
const rate = signal("");
const minutes = signal("1");
const name = signal("");
/** The steps at which the chosen run kept its weights. */
const steps = signal<readonly number[]>([]);

const branchName = (from: string): string => freeName(name.value.trim() || `${from}-branch`);

async function begin(from: string): Promise<void> {
  // Another tab may have trained since.
  await refreshRuns();
  await branch(branchName(from), {
    from: { run: from, ...(step.value === "" ? {} : { step: Number(step.value) }) },
    train: {
      maxMinutes: Number(minutes.value),
      ...(rate.value === "" ? {} : { learningRate: Number(rate.value) }),
    },
  });
}

export function Branch() {
  const run = runs.value.find((one) => one.name === chosen.value);
  const from = run?.record && run.state && run.name;
  useEffect(() => {
    step.value = "";
    steps.value = [];
    if (from)
      call("history", { run: from }).then(
        ({ snapshots }) => {
          if (chosen.value === from) steps.value = snapshots;
        },
        () => {},
      );
  }, [from]);
  if (!from) return null;
  const path = `${runFolder(from)}${step.value === "" ? "" : `/checkpoints/step-${step.value}`}`;
  const out = runFolder(branchName(from));
  const asked = rate.value === "" ? "" : ` --learning-rate ${rate.value}`;
  return (
    <Fold title={`Branch from ${from}`}>
      <p class="note">
        A new run goes on from its weights with other settings; {from} stays as it is. What you leave empty is
        as in {from}, and it reads the same texts.
      </p>
      <div class="fields">
        <div class="field">
          <label for="branch-step">From</label>
          <select
            id="branch-step"
            value={step.value}
            onChange={({ currentTarget }) => {
              step.value = currentTarget.value;
            }}
          >
            <option value="">its best weights</option>
            {steps.value.map((at) => (
              <option key={at} value={String(at)}>
                step {number(at)}
              </option>
            ))}
          </select>
        </div>
        <Field
          label="Learning rate of the branch"
          value={rate}
          type="number"
          min={0}
          step={0.0001}
          hint={`Empty: ${run.record?.train.learningRate}`}
        />
        <Field label="Minutes" value={minutes} type="number" min={0} step={0.25} />
        <Field label="Name of the branch" value={name} hint={`Empty: ${from}-branch`} />
      </div>
      <div class="actions">
        <Button onClick={() => begin(from)}>Branch</Button>
      </div>
      <Same
        command={`punchline train --init-from ${shellWord(path)}${asked} --max-minutes ${minutes.value} --out ${shellWord(out)}`}
        code={`import { prepareLike, train } from "punchline";\n\nconst folder = ${JSON.stringify(path)};\nawait train({\n  base: { folder, name: folder },\n  data: await prepareLike(${JSON.stringify(runFolder(from))}),\n  options: { maxMinutes: ${minutes.value}${rate.value === "" ? "" : `, learningRate: ${rate.value}`} },\n  out: ${JSON.stringify(out)},\n});`}
      />
    </Fold>
  );
}
