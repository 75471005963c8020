/** The model of a room: one of the runs of the engine, or the built-in GPT-2 where nothing has to be known of its texts. */
import { computed, signal } from "@preact/signals";
import { runFolder } from "../../state/elsewhere.ts";
import { placeOfRuns } from "../../state/engine.ts";
import { goTo } from "../../state/route.ts";
import { busy, chosen, listed, runs } from "../../state/runs.ts";
import { Button, Opening } from "../../ui/parts.tsx";

export const BUILT_IN = "punchline-gpt2";

/** Whether it was chosen. */
const builtIn = signal(false);

/**
 * What rooms write and type with: the chosen run; the built-in model where it was chosen, or there is no run yet; undefined
 * until the runs are known.
 */
export const writer = computed(() => {
  if (builtIn.value) return BUILT_IN;
  return chosen.value ?? (listed.value ? BUILT_IN : undefined);
});

function choose(name: string): void {
  builtIn.value = name === BUILT_IN;
  if (!builtIn.value) chosen.value = name;
}

/** What a command and a program call it. */
export const placeOf = (name: string | undefined): string => (name === BUILT_IN ? BUILT_IN : runFolder(name));

/** @param withBuiltIn whether the built-in GPT-2 can be chosen too */
export function ModelChoice({ withBuiltIn = false }: { readonly withBuiltIn?: boolean }) {
  return (
    <div class="field">
      <label for="run">Model</label>
      <select
        id="run"
        value={withBuiltIn ? writer.value : chosen.value}
        onChange={({ currentTarget }) => choose(currentTarget.value)}
      >
        {runs.value.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
        {withBuiltIn && <option value={BUILT_IN}>{BUILT_IN} (built in)</option>}
      </select>
    </div>
  );
}

/** What a room says that can use the built-in model, before there is one of one's own. */
export function FirstModel() {
  if (!listed.value || runs.value.length > 0) return null;
  return (
    <p class="note">
      {busy.value
        ? "Your first model is still learning, so this is the built-in GPT-2, which has read English books."
        : `You have no model ${placeOfRuns.value} yet, so this is the built-in GPT-2, which has read English books.`}{" "}
      <Button kind="plain" onClick={() => goTo("train")}>
        {busy.value ? "Watch it learn" : "Train a model"}
      </Button>
    </p>
  );
}

/** What a room says that needs a model of known texts, before there is one. */
export function NoModel({ title }: { readonly title: string }) {
  if (!listed.value) return <Opening title={title}>Looking for your models.</Opening>;
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
