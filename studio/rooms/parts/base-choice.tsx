/** Which model a fine-tuning starts from: the built-in one, or a published one whose folder is dropped in. */
import { signal } from "@preact/signals";
import type { GivenFile } from "punchline/web";
import { droppedFolder, type NamedFile } from "../../state/dropped.ts";
import { call, engine, sentenceOf } from "../../state/engine.ts";
import { setting } from "../../state/route.ts";
import { freeName, refreshRuns, runs } from "../../state/runs.ts";
import { Choice, Problem } from "../../ui/parts.tsx";
import { BUILT_IN } from "./model-choice.tsx";

const chosen = setting("finetune-base", BUILT_IN);
const problem = signal<string | undefined>(undefined);
const opening = signal<string | undefined>(undefined);
const over = signal(false);

/** Architectures that read from left to right and go on with a text. */
const ARCHITECTURES = ["gpt2"];

/** Models of this browser that can be trained further: whole ones. */
const models = () =>
  runs.value.filter(
    ({ architecture, record, problem }) =>
      architecture !== undefined &&
      ARCHITECTURES.includes(architecture) &&
      record?.train.lora === undefined &&
      problem === undefined,
  );

/** The name of the model that is chosen, as far as it is there. */
export const base = {
  get value(): string {
    return models().some(({ name }) => name === chosen.value) ? chosen.value : BUILT_IN;
  },
};

/** What a folder of a model may have besides: other formats of the weights, which would only take room. */
const isNeeded = (path: string): boolean =>
  !/(^|\/)\.|\.(bin|h5|msgpack|ot|onnx|gguf|tflite|pt|pth|md)$/i.test(path);

async function open(given: readonly NamedFile[]): Promise<void> {
  problem.value = undefined;
  const config = given.find(({ path }) => /(^|\/)config\.json$/.test(path))?.path;
  if (config === undefined) {
    problem.value = "This is no model's folder: it has no config.json.";
    return;
  }
  const folder = config.slice(0, -"config.json".length);
  const files: GivenFile[] = given
    .filter(({ path }) => path.startsWith(folder))
    .map(({ path, file }) => ({ name: path.slice(folder.length), bytes: file }));
  const pickles = files.filter(({ name }) => /^pytorch_model.*\.bin$/.test(name));
  const whole = files.some(({ name }) => /\.safetensors$/.test(name));
  const run = freeName(folder.split("/").at(-2) ?? "model");
  opening.value = run;
  // The files are in the page, and so is what they become.
  engine.value = "browser";
  try {
    await call("importRun", {
      run,
      // A folder with a pickle alone is refused with the reason.
      files: files.filter(
        ({ name }) => isNeeded(name) || (!whole && pickles.some((one) => one.name === name)),
      ),
      architectures: ARCHITECTURES,
    });
    await refreshRuns();
    chosen.value = run;
  } catch (error) {
    problem.value = sentenceOf(error);
  } finally {
    opening.value = undefined;
  }
}

export function BaseChoice({ disabled }: { readonly disabled: boolean }) {
  const options = [
    { value: BUILT_IN, name: "The built-in GPT-2", hint: "12 MB, has read English books" },
    ...models().map(({ name, bytes, record }) => ({
      value: name,
      name,
      hint: `${Math.ceil(bytes / 1e6)} MB, ${record ? "trained here" : "opened here"}`,
    })),
  ];
  return (
    <div>
      <Choice
        legend="Model"
        value={{
          get value() {
            return base.value;
          },
          set value(name) {
            chosen.value = name;
          },
        }}
        options={options}
        disabled={disabled}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is one more way; the field does the same */}
      <div
        class={over.value ? "drop over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          over.value = true;
        }}
        onDragLeave={() => {
          over.value = false;
        }}
        onDrop={async (event) => {
          event.preventDefault();
          over.value = false;
          if (event.dataTransfer && !disabled) await open(await droppedFolder(event.dataTransfer));
        }}
      >
        <label class="note">
          Or drop the folder of a published GPT-2 here (config.json, model.safetensors, tokenizer), or choose
          it:{" "}
          <input
            type="file"
            // @ts-expect-error folders are chosen by an attribute that every browser has and no standard names
            webkitdirectory
            disabled={disabled || opening.value !== undefined}
            onChange={async ({ currentTarget }) => {
              const files = [...(currentTarget.files ?? [])];
              currentTarget.value = "";
              if (files.length > 0)
                await open(files.map((file) => ({ path: file.webkitRelativePath || file.name, file })));
            }}
          />
        </label>
      </div>
      <p class="note" role="status">
        {opening.value ? `Reading ${opening.value}, and keeping a copy in this browser` : ""}
      </p>
      <Problem sentence={problem.value} />
    </div>
  );
}
