/** `punchline export`: a model in a format that other programs load. */
import { UsageError } from "../../core/errors.ts";
import { exportFormats, exportModel, exportTypes } from "../../export/export.ts";
import { resolveModel } from "../../hub/pull.ts";
import { argument, defineCommand } from "../command.ts";
import { noteBuiltIn } from "../input/open-model.ts";
import { choice, choices, flag, text } from "../options/option.ts";

export default defineCommand({
  description:
    "Writes a model to a folder of its own, whole or not at all. hf: config.json, model.safetensors and tokenizer, " +
    "as Hugging Face's transformers reads GPT-2, BERT and DistilBERT. onnx: transformers as transformers.js reads them; " +
    "recurrent and convolutional models as one step, their state in and out. gguf: for llama.cpp, of GPT-2. Of a model " +
    "trained with --lora, hf is the adapter as PEFT reads it, and with --merge the whole model; onnx and gguf are merged.",
  arguments: { model: argument("Run folder, Hugging Face folder, built-in model or Hub name") },
  options: {
    format: choice("Who is to load it", exportFormats, { default: "hf" }),
    type: choices(
      "How numbers are kept: fp32 to q4 of onnx (default: fp32), f32 to q4_0 of gguf (default: f16), f32, f16 or bf16 of hf (default: f32)",
      exportTypes,
      { placeholder: "TYPE" },
    ),
    merge: flag("Write a LoRA adapter merged into its base model"),
    out: text("Folder to be made (required)", { placeholder: "DIR" }),
  },
  examples: {
    "punchline export runs/a --format hf --out for-others": "A Hugging Face folder",
    "punchline export runs/a --format hf --type f16 --out half": "The same in half the bytes",
    "punchline export punchline-gpt2 --format onnx --type q8 --out web": "For transformers.js, in 8 bits",
    "punchline export punchline-gpt2 --format gguf --type q8_0 --out for-llama": "For llama.cpp",
  },
  async run(ctx, { model }, { format, type, merge, out }) {
    if (!out) throw new UsageError("export needs --out DIR: the folder to be made.");
    await noteBuiltIn(ctx, [model]);
    const exported = await exportModel(await resolveModel(model), { format, out, types: type, merge });
    ctx.print(`${exported.out}: ${exported.files.join(", ")}`);
    ctx.json(exported);
  },
});
