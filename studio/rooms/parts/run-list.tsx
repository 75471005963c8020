/** The runs of the engine: choose, download, delete; and one that is dropped in. */
import { signal } from "@preact/signals";
import type { StoredRun } from "punchline/web";
import { call, placeOfRuns, sentenceOf } from "../../state/engine.ts";
import { busy, chosen, isUnfinished, listed, refreshRuns, runs, show, view } from "../../state/runs.ts";
import { Button, count, Problem, Section } from "../../ui/parts.tsx";

const problem = signal<string | undefined>(undefined);

const guarded = (work: () => Promise<unknown>) => async () => {
  problem.value = undefined;
  try {
    await work();
  } catch (error) {
    problem.value = sentenceOf(error);
  }
};

async function download(run: string): Promise<void> {
  const url = URL.createObjectURL(await call("zip", { run, files: await call("exportRun", { run }) }));
  Object.assign(document.createElement("a"), { href: url, download: `${run}.zip` }).click();
  // The download has begun with the click, but not every browser has read its address by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

async function upload(zip: File): Promise<void> {
  const { name, files } = await call("unzip", { zip });
  await call("importRun", { run: name, files });
  await refreshRuns();
  await show(name);
}

async function remove(run: string): Promise<void> {
  if (!confirm(`Delete ${run}? There is no way back.`)) return;
  await call("remove", { run });
  if (view.value?.run === run) view.value = undefined;
  await refreshRuns();
}

export function RunList() {
  return (
    <Section title={`Runs ${placeOfRuns.value}`}>
      {listed.value && runs.value.length === 0 && (
        <p class="note">{busy.value ? "The first one is in training." : "None yet."}</p>
      )}
      <ul class="texts runs">
        {runs.value.map((run) => (
          <Run key={run.name} run={run} />
        ))}
      </ul>
      <Problem sentence={problem.value} />
      <label class="note">
        Open a run folder (as a .zip){" "}
        <input
          type="file"
          accept=".zip"
          onChange={async ({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            if (file) await guarded(() => upload(file))();
            // The same file can be chosen again.
            currentTarget.value = "";
          }}
        />
      </label>
    </Section>
  );
}

/** The loss on unseen texts of the weights that the run keeps. */
function unseenLoss({ record, state }: StoredRun): string | undefined {
  const best = record?.train?.keep === "best";
  const loss = best ? state?.bestLoss : state?.lastValidation;
  return loss ? `${loss.toFixed(2)} on unseen texts${best ? " at its best" : ""}` : undefined;
}

function Run({ run }: { readonly run: StoredRun }) {
  const { name, record, state, bytes } = run;
  const facts = [
    record?.model ?? "a model",
    record?.base && `from ${record.base}`,
    state ? count(state.step, "step") : undefined,
    unseenLoss(run),
    `${(bytes / 1e6).toFixed(1)} MB`,
    isUnfinished(run) && !(busy.value && view.value?.run === name) ? "not finished" : undefined,
  ];
  return (
    <li>
      <b>{name}</b> {chosen.value === name && <span class="quiet">(chosen)</span>}
      <small>{run.problem ?? facts.filter(Boolean).join(", ")}</small>
      <span class="actions tight">
        <Button
          kind="plain"
          onClick={guarded(() => show(name))}
          disabled={busy.value || (chosen.value === name && view.value?.run === name)}
        >
          Choose<span class="unseen"> {name}</span>
        </Button>
        <Button kind="plain" onClick={guarded(() => download(name))}>
          Download<span class="unseen"> {name}</span>
        </Button>
        <Button
          kind="plain"
          onClick={guarded(() => remove(name))}
          disabled={busy.value && view.value?.run === name}
        >
          Delete<span class="unseen"> {name}</span>
        </Button>
      </span>
    </li>
  );
}
