/**
 * What computes for the page: the engine of its machine, where `punchline studio` serves it, or a worker of the page. The
 * rooms call one function, and do not know which of them answers.
 */
import { computed, signal } from "@preact/signals";
import {
  type CallOptions,
  type Connection,
  connectHttp,
  connectWorker,
  type HttpEngine,
  type Ongoing,
  optionInFlags,
  renderOptions,
  type TrainingEvent,
} from "punchline/web";
import type { StudioCalls } from "../worker/calls.ts";
import { setting } from "./route.ts";

let worker: Connection<StudioCalls> | undefined;

/** The one worker of the page, started when it is first called. */
const inPage: Connection<StudioCalls>["call"] = (...call) => {
  worker ??= connectWorker<StudioCalls>(
    new Worker(new URL("../worker/main.ts", import.meta.url), { type: "module" }),
  );
  return worker.call(...call);
};

/** What a server with an engine puts into its page. */
const token = document.querySelector<HTMLMetaElement>("meta[name=punchline-api]")?.content;
const machine = token ? connectHttp<StudioCalls>(new URL("api/", location.href), token) : undefined;

/** What the machine's engine says of itself; undefined where there is none, and until it has answered. */
export const machineEngine = signal<HttpEngine | undefined>(undefined);
const asked = machine?.about().then(
  (about) => {
    machineEngine.value = about;
  },
  () => {},
);

/** Which of the two is chosen; it matters only where there are two. */
export const engine = setting("engine", "machine");
export const onMachine = computed(() => machineEngine.value !== undefined && engine.value === "machine");

/** Where runs are, as a part of a sentence. */
export const placeOfRuns = computed(() =>
  onMachine.value ? `in the folder ${machineEngine.value!.runs}` : "in this browser",
);

export const call: Connection<StudioCalls>["call"] = async (name, request, options) => {
  await asked;
  const native = onMachine.value && machineEngine.value!.calls.includes(name);
  return native ? machine!.call(name, request, options) : inPage(name, request, options);
};

/** The training under way that another page began, or this one before it was loaded again; a worker ends with its page. */
export async function ongoing(): Promise<Ongoing | undefined> {
  await asked;
  return onMachine.value ? machine!.ongoing() : undefined;
}

/** Its events from the first, and its result. */
export const follow = (
  training: Ongoing,
  options: CallOptions<TrainingEvent>,
): Promise<StudioCalls["train"]["result"]> => machine!.follow<"train">(training, options);

/** What computes, in words. */
export const engineInWords = (): string => {
  const where = machineEngine.value?.machine;
  if (onMachine.value)
    return `The engine of this machine${where && ` (${where})`} trains; its runs are ${placeOfRuns.value}. Your texts and models stay on this machine`;
  const threads = globalThis.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1;
  const used = threads === 1 ? "one thread" : `${threads} threads`;
  const why = globalThis.crossOriginIsolated ? "" : ": its host allows no more";
  return `This page computes by itself (WebAssembly, ${used}${why}). Your texts and models stay in this browser; nothing is sent`;
};

/** What the page calls the library's options. */
const controls: Readonly<Record<string, string>> = {
  column: "“Column”",
  delimiter: "“Between cells”",
  encoding: "“Encoding”",
  fileFormat: "“Format”",
  header: "“First row”",
  prepareText: "“It is one long text”",
};

/** An error as a sentence for people: options are called as they are on the screen, or as the command line does. */
export const sentenceOf = (error: unknown): string =>
  inWords(error instanceof Error ? error.message : String(error));

/** A sentence of the library in the words of the page. */
export const inWords = (sentence: string): string =>
  renderOptions(sentence, (name, value) => {
    const own = controls[name];
    if (own) return value === undefined || typeof value === "boolean" ? own : `${own} ${value}`;
    return `${optionInFlags(name, value)} of the command line`;
  });

export const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";
