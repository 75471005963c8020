/** Looks texts up among those that a run was trained on. */
import type { PreparedData } from "../../data/prepare.ts";
import { auditSource, hasWord } from "../../evaluate/novelty/audit-source.ts";
import { shortened } from "../../evaluate/novelty/shortened.ts";
import { placesOf } from "../../evaluate/novelty/source-texts.ts";
import type { LanguageModel } from "../../generate/language-model.ts";
import { promptText } from "../../generate/prompt.ts";
import { sample } from "../../generate/sample.ts";
import type { EngineCalls, Novelty } from "./calls.ts";
import type { CallContext } from "./serve.ts";

type Call = EngineCalls["novelty"];

interface RunParts extends CallContext<Call["event"]> {
  readonly data: PreparedData;
  /** Opens the model, which given texts do not need. */
  readonly openModel: () => Promise<LanguageModel>;
}

export async function noveltyOf(
  { texts: given, ...options }: Omit<Call["request"], "run">,
  { data, openModel, emit, signal }: RunParts,
): Promise<Novelty> {
  let texts = given;
  let prompt: string | undefined;
  if (texts === undefined) {
    const lm = await openModel();
    const { n: total = 1 } = options;
    emit({ phase: "writing", done: 0, total });
    if (options.prompt) prompt = promptText(lm, options.prompt);
    const samples = await sample(lm, { ...options, slide: true, signal });
    texts = samples.map(({ prompt, text }) => prompt + text);
  }
  const judged = texts.filter(hasWord);
  const audit = await auditSource(judged, {
    data,
    everywhere: given !== undefined,
    prompt,
    onProgress: (done, total) => emit({ phase: "auditing", done, total }),
    signal,
  });
  const placeOf = placesOf(data);
  const samples = audit.samples.map((sample) => {
    const short = shortened(sample);
    return { ...short, spans: short.spans.map((span) => ({ ...span, place: placeOf(span.source) })) };
  });
  return { ...audit, samples, empty: texts.length - judged.length };
}
