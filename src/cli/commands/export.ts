/** `punchline export`: a model in a format that other programs load. */
import { exportFormats, exportModel, exportTypes } from "../../export/export.ts";
import { argument, defineCommand } from "../command.ts";
import { adapterOptions, folderHere } from "../input/open-model.ts";
import { choice, choices, flag, neededText, usual } from "../options/option.ts";

export default defineCommand({
  description:
    "Writes a model to a folder of its own, whole or not at all. hf (f32, f16, bf16): config.json, model.safetensors " +
    "and tokenizer, as Hugging Face's transformers reads GPT-2, BERT and DistilBERT. onnx (fp32 to q4): transformers as " +
    "transformers.js reads them; recurrent and convolutional models as one step, with their state in and out. gguf " +
    "(f32 to q4_0): GPT-2 for llama.cpp. A model trained with --lora becomes an adapter as PEFT reads it with hf, and " +
    "the whole model with hf --merge, onnx and gguf; with --adapter the whole model is always written.",
  arguments: { model: argument("Run folder, Hugging Face folder, built-in model or Hub name") },
  options: {
    ...usual({
      format: choice("The kind of files: Hugging Face's, ONNX, or GGUF for llama.cpp", exportFormats, {
        default: "hf",
      }),
      type: choices("How numbers are stored", exportTypes, {
        placeholder: "TYPE",
        defaultIs: "f32 of hf, fp32 of onnx, f16 of gguf",
      }),
      ...adapterOptions,
      merge: flag("Write a LoRA adapter merged into its base model"),
      out: neededText("Folder to be written", {
        placeholder: "DIR",
        needed: 'the folder to be written, such as "--out for-others"',
      }),
    }),
  },
  examples: {
    "punchline export runs/a --format hf --out for-others": "A Hugging Face folder",
    "punchline export runs/a --format hf --type f16 --out half": "The same in half the bytes",
    "punchline export punchline-gpt2 --format onnx --type q8 --out web": "For transformers.js, in 8 bits",
    "punchline export punchline-gpt2 --format gguf --type q8_0 --out for-llama": "For llama.cpp",
  },
  async run(ctx, { model }, { format, type, merge, out, ...given }) {
    const adapter = given.adapter === undefined ? undefined : await folderHere(ctx, given.adapter);
    const folder = await folderHere(ctx, model);
    const exported = await exportModel(folder, { format, out, types: type, adapter, merge });
    ctx.print(`${exported.out}: ${exported.files.join(", ")}`);
    ctx.json(exported);
  },
});
