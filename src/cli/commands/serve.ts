/** `punchline serve`: a model behind an OpenAI-style HTTP API. */
import { UsageError } from "../../core/errors.ts";
import { checkedSecret } from "../../core/secret.ts";
import { defaultLimits } from "../../server/limits.ts";
import { checkServe, serve } from "../../server/serve.ts";
import { defineCommand, severalArguments } from "../command.ts";
import { machineOptions, servedAdapters, servedHere } from "../input/open-model.ts";
import { flag, integer, list, text, usual } from "../options/option.ts";
import { failureOf } from "../output/failure.ts";

export default defineCommand({
  description:
    "Answers /v1/completions, /v1/chat/completions, /v1/embeddings and /v1/models as OpenAI's API does, " +
    "/tokenize and /detokenize as vLLM's, and /health and /metrics. Texts that are asked for together are " +
    "written together. Ctrl-C finishes what is under way and stops.",
  arguments: {
    model: severalArguments("Run folders, Hugging Face folders, built-in models or Hub names"),
  },
  options: {
    ...usual({
      port: integer("Where to listen, 0 for any free port", { min: 0, max: 65_535, default: 8080 }),
      host: text("Address to listen at; 0.0.0.0 lets other machines in, with a key", {
        placeholder: "ADDRESS",
        default: "127.0.0.1",
      }),
      allowOrigin: list(
        "Web pages of this origin may use the server, such as https://example.com; * for all",
        {
          placeholder: "ORIGIN",
          defaultIs: "none",
        },
      ),
    }),
    adapter: list(
      "Serve the model with this LoRA adapter too, under a name of its own: a folder or Hub name",
      {
        placeholder: "NAME=DIR",
        defaultIs: "none",
      },
    ),
    key: text(
      "What requests must send as Authorization: Bearer KEY; other users of this machine may see it here, but not in the variable",
      { placeholder: "KEY", defaultIs: "PUNCHLINE_API_KEY" },
    ),
    noKey: flag("Let in anyone who reaches the address"),
    maxTokens: integer("Most tokens written for each text", {
      min: 1,
      default: defaultLimits.maxTokens,
    }),
    parallel: integer("Texts that a model writes at the same time; others wait for their turn", {
      min: 1,
      max: 256,
      default: defaultLimits.maxParallel,
    }),
    maxOpen: integer("Models that are in memory at the same time, of several", { min: 1, default: 2 }),
    maxTexts: integer("Most texts of a request: prompts times n", {
      min: 1,
      default: defaultLimits.maxTexts,
    }),
    maxPrompt: integer("Most tokens read for a request", {
      min: 1,
      default: defaultLimits.maxPromptTokens,
    }),
    ...machineOptions,
  },
  examples: {
    "punchline serve punchline-gpt2": "For clients of http://127.0.0.1:8080/v1",
    "punchline serve runs/a --host 0.0.0.0":
      "For other machines too, which need the key in PUNCHLINE_API_KEY",
    "punchline serve runs/a --allow-origin http://localhost:5173": "For a web page",
    "punchline serve punchline-gpt2 punchline-bert": "Texts by the one, vectors by the other",
    "punchline serve gpt2 --adapter jokes=runs/b --adapter poems=runs/c":
      "One model with each of two adapters",
  },
  async run(ctx, args, { port, host, noKey, allowOrigin, maxTokens, maxTexts, maxPrompt, ...given }) {
    const { key: secret, parallel, maxOpen, adapter, ...device } = given;
    if (adapter.length > 0 && args.model.length > 1)
      throw new UsageError(
        `--adapter is for one MODEL, and ${args.model.length} are given; serve the model of the adapters alone.`,
      );
    if (noKey && secret !== undefined)
      throw new UsageError("--key and --no-key exclude each other; give one.");
    if (secret?.trim() === "") throw new UsageError("--key is empty; give a key, or --no-key for none.");
    const variable = checkedSecret("PUNCHLINE_API_KEY", process.env.PUNCHLINE_API_KEY);
    const key: string | false | undefined = noKey ? false : (checkedSecret("--key", secret) ?? variable);
    const settings = {
      port,
      host,
      key,
      allowOrigins: allowOrigin,
      maxOpen,
      limits: { maxTokens, maxTexts, maxPromptTokens: maxPrompt, maxParallel: parallel },
    };
    await checkServe(settings, "set PUNCHLINE_API_KEY");
    const models: Awaited<ReturnType<typeof servedHere>>[] = [];
    for (const name of args.model)
      models.push(await servedHere(ctx, name, device, "has its own server already"));
    const [first] = models;
    if (first !== undefined) models.push(...(await servedAdapters(ctx, first, adapter)));
    const server = await serve(models, {
      ...settings,
      notice: (sentence) => ctx.warn(sentence),
      report: (error) => ctx.warn(`error: ${failureOf(error).sentence}`),
    });
    const { url, id, ids } = server;
    if (!server.local && !server.needsKey)
      ctx.warn("Anyone who reaches this address may use the model: there is no key.");
    const named = ids.map((name) => `"${name}"`).join(", ");
    ctx.print(`${ids.length === 1 ? "Model" : "Models"} ${named} at ${url}. Ctrl-C stops it.`);
    const more = ids.length === 1 ? {} : { models: ids };
    ctx.json({ url, model: id, ...more, host: server.host, port: server.port });
    const { interrupt } = ctx;
    if (!interrupt.aborted)
      await new Promise((done) => interrupt.addEventListener("abort", done, { once: true }));
    await server.close();
  },
});
