/** The model of a room: one of the runs of the engine. */
import { placeOfRuns } from "../../state/engine.ts";
import { goTo } from "../../state/route.ts";
import { busy, chosen, runs } from "../../state/runs.ts";
import { Button, Opening } from "../../ui/parts.tsx";

export function ModelChoice() {
  return (
    <div class="field">
      <label for="run">Model</label>
      <select
        id="run"
        value={chosen.value}
        onChange={({ currentTarget }) => {
          chosen.value = currentTarget.value;
        }}
      >
        {runs.value.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </div>
  );
}

/** What a room says that needs a model, before there is one. */
export function NoModel({ title }: { readonly title: string }) {
  return (
    <>
      <Opening title={title}>
        {busy.value
          ? "Your first model is still learning. It is here when its training ends, or when you stop it."
          : `There is no model ${placeOfRuns.value} yet. Train one; it takes a minute.`}
      </Opening>
      <Button kind="main" onClick={() => goTo("train")}>
        {busy.value ? "Watch it learn" : "Train a model"}
      </Button>
    </>
  );
}
