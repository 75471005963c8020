/** Opens the MODEL of a command, wherever it is, and reports what a hosted one has used. */
import { resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { shareModel } from "../../evaluate/shared-model.ts";
import { costOf } from "../../generate/hosted/usage.ts";
import type { LocalModel } from "../../generate/local-model.ts";
import { isHosted, openLocal, openModel } from "../../generate/open.ts";
import type { TextModel } from "../../generate/text-model.ts";
import { hidesFolder } from "../../hub/built-in.ts";
import { withModelFolder } from "../../hub/folder.ts";
import { resolveModel } from "../../hub/pull.ts";
import type { PullOptions } from "../../hub/snapshot.ts";
import { countParameters } from "../../models/model.ts";
import { measuredInWords, SHORT_TEXT } from "../../runtime/measured-in-words.ts";
import type { Context } from "../context.ts";
import { deviceOf, deviceOptions, machineText } from "../options/device.ts";
import { choice, inGroup, number, type OptionValues, present, text } from "../options/option.ts";
import { flagGiven } from "../output/flags.ts";
import { formatCount } from "../output/format.ts";
import type { ProgressTask } from "../output/progress.ts";

/** Options of commands that run models on this machine without training them. */
export const machineOptions = {
  ...deviceOptions,
  ...inGroup("Machine", {
    quantize: choice(
      "Round the weights of a transformer over pieces of words to 8 or 4 bits: faster and smaller, a little worse",
      ["q8", "q4"],
      { defaultIs: "as they are" },
    ),
  }),
};

/** The option of commands that open one model. */
export const adapterOptions = {
  adapter: text("LoRA adapter to merge into the model first: a folder as PEFT writes it, or a Hub name", {
    placeholder: "DIR",
    defaultIs: "none",
  }),
};

/** Options of commands that run one model on this machine. */
export const localOptions = { ...adapterOptions, ...machineOptions };

const hostedOptions = {
  ...inGroup("Hosted models (openai:NAME)", {
    priceIn: number("Price of a million tokens read, to print the cost", { min: 0, defaultIs: "unknown" }),
    priceOut: number("Price of a million tokens written", { min: 0, defaultIs: "unknown" }),
  }),
};

/** Options of commands that take any model. */
export const modelOptions = { ...localOptions, ...hostedOptions };

/** Options of commands that take several models of any kind. */
export const modelsOptions = { ...machineOptions, ...hostedOptions };

/** The help of a MODEL argument that takes any model. */
export const modelKinds = "Run folder, Hugging Face folder, built-in model, Hub name, or openai:NAME";

type Adapted = Partial<OptionValues<typeof adapterOptions>>;
type MachineOptions = OptionValues<typeof machineOptions>;
type LocalOptions = MachineOptions & Adapted;
type ModelOptions = OptionValues<typeof modelsOptions> & Adapted;

const openOptions = ({ adapter, quantize, ...options }: LocalOptions) => ({
  backend: deviceOf(options),
  ...present({ adapter, quantize }),
});

/** Says which one is used where a folder in the working directory has the name of a built-in model. */
export async function noteBuiltIn(ctx: Context, names: readonly string[]): Promise<void> {
  for (const name of names)
    if (await hidesFolder(name))
      ctx.warn(`${name} is the built-in model; for the folder of that name here write ./${name}.`);
}

/** Opens any model; fetches one of the Hub if it is not in the cache, with progress. */
export async function openAny(ctx: Context, name: string, options: ModelOptions): Promise<TextModel> {
  refuseMisplaced(name, options);
  const ranks = ctx.lead?.ranks;
  if (ranks && ranks.size > 1 && isHosted(name))
    throw new UsageError(
      `${name} runs elsewhere, and ${ranks.size} ranks cannot share it; run it in one process.`,
    );
  const given = openOptions(options);
  const threads = given.backend.threads ?? ranks?.threads;
  const here = { ...given, backend: { ...given.backend, ...present({ threads }) } };
  const model = await pulling(ctx, name, (pull) => openModel(name, { ...here, pull }));
  if (model.kind === "local") describe(ctx, model, options);
  if (model.kind !== "local" || !ctx.lead || ctx.lead.ranks.size === 1) return model;
  return shareModel(ctx.lead, model, { name, ...given });
}

/**
 * Opens a model that must be on this machine or on the Hub.
 * @param why the end of the sentence that refuses a hosted model
 */
export async function openHere(
  ctx: Context,
  name: string,
  options: LocalOptions,
  why: string,
): Promise<LocalModel> {
  if (isHosted(name)) throw new UsageError(`${name} is a hosted model, which ${why}.`);
  const model = await pulling(ctx, name, (pull) => openLocal(name, { ...openOptions(options), pull }));
  describe(ctx, model, options);
  return model;
}

/** Says what was opened, and why it computes where it does. */
function describe(ctx: Context, model: LocalModel, options: MachineOptions): void {
  for (const remark of model.remarks) ctx.warn(remark);
  if (model.choice) ctx.note(measuredInWords(model.choice, { per: SHORT_TEXT }));
  ctx.detail(modelText(model, options));
}

/**
 * A model that must be on this machine or on the Hub, to be opened elsewhere: its folder, fetched if need be.
 * @param why the end of the sentence that refuses a hosted model
 */
export async function servedHere(ctx: Context, name: string, options: MachineOptions, why: string) {
  if (isHosted(name)) throw new UsageError(`${name} is a hosted model, which ${why}.`);
  return { name, folder: await folderHere(ctx, name), ...openOptions(options) };
}

/** The folder of a model or an adapter, fetched with progress if need be. */
export const folderHere = (ctx: Context, name: string): Promise<string> =>
  pulling(ctx, name, (pull) => resolveModel(name, pull));

/**
 * The served `model` with each adapter of NAME=DIR, to be opened elsewhere under that name; each is found to fit.
 * @throws UsageError for what is not NAME=DIR; what `openModelFolder` throws for an adapter that cannot be applied
 */
export async function servedAdapters<M extends { readonly folder: string }>(
  ctx: Context,
  model: M,
  given: readonly string[],
) {
  const served = [];
  for (const pair of given) {
    const at = pair.indexOf("=");
    const [name, place] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    if (at < 0 || name === "" || place === "")
      throw new UsageError(
        `--adapter takes NAME=DIR, such as "poet=runs/poems": the model's name in requests, and the adapter's folder; it got "${pair}".`,
      );
    const adapter = await folderHere(ctx, place);
    await withModelFolder(model.folder, async () => {}, { adapter });
    served.push({ ...model, name, adapter });
  }
  return served;
}

/** A model, where it lies and where it runs. */
function modelText({ name, folder, model, backend }: LocalModel, options: LocalOptions): string {
  const size = `${model.architecture.type}, ${formatCount(countParameters(model))} parameters`;
  const place = folder === undefined ? [] : [resolve(folder)];
  const rounded = options.quantize === undefined ? [] : [`in ${options.quantize}`];
  const adapted = options.adapter === undefined ? [] : [`with the adapter ${options.adapter}`];
  const machine = machineText({ ...deviceOf(options), device: backend.device });
  return `${name}: ${[size, ...place, ...adapted, machine, ...rounded].join(", ")}.`;
}

/** Shows the progress of a download, if `open` needs one. */
async function pulling<T>(ctx: Context, name: string, open: (pull: PullOptions) => Promise<T>): Promise<T> {
  await noteBuiltIn(ctx, [name]);
  let task: ProgressTask | undefined;
  const opened = await open({
    signal: ctx.interrupt,
    onProgress({ file, received, total, fetched }) {
      task ??= ctx.progress.start(`pulling ${name}`, { unit: "bytes" });
      task.update({ done: received, total, from: received - fetched, remark: file });
    },
  });
  task?.end();
  return opened;
}

function refuseMisplaced(
  name: string,
  { adapter, device, threads, quantize, priceIn, priceOut }: ModelOptions,
): void {
  if (isHosted(name)) {
    const misplaced = device !== "cpu" ? "--device" : flagGiven({ adapter, threads, quantize });
    if (misplaced)
      throw new UsageError(`${misplaced} has no effect on ${name}, which runs elsewhere; leave it out.`);
    if ((priceIn === undefined) !== (priceOut === undefined))
      throw new UsageError("--price-in and --price-out belong together; give both.");
  } else if (priceIn !== undefined || priceOut !== undefined) {
    throw new UsageError(`${name} costs nothing: --price-in and --price-out are for openai:NAME.`);
  }
}

/** Prints what a hosted model has used, and returns it for the document; nothing for other models. */
export function reportUsage(
  ctx: Context,
  model: TextModel,
  { priceIn, priceOut }: Pick<ModelOptions, "priceIn" | "priceOut">,
) {
  if (model.kind !== "hosted") return {};
  const { requests, promptTokens, completionTokens, uncounted } = model.usage;
  const cost =
    priceIn === undefined || priceOut === undefined
      ? undefined
      : costOf(model.usage, { in: priceIn, out: priceOut });
  const count = (n: number, what: string) => `${formatCount(n)} ${what}${n === 1 ? "" : "s"}`;
  const parts = [
    `${count(promptTokens, "token")} read and ${formatCount(completionTokens)} written in ${count(requests, "request")}`,
    ...(uncounted > 0 ? [`${count(uncounted, "answer")} without a count`] : []),
    ...(cost === undefined ? [] : [`about ${cost.toPrecision(3)} at the prices given`]),
  ];
  ctx.note(`${model.name}: ${parts.join(", ")}.`);
  return {
    usage: {
      requests,
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      uncounted: uncounted > 0 ? uncounted : undefined,
      cost,
    },
  };
}
