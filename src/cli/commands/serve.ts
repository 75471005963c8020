/** `punchline serve`: a model behind an OpenAI-style HTTP API. */
import { UsageError } from "../../core/errors.ts";
import { checkedSecret } from "../../core/secret.ts";
import { defaultLimits } from "../../server/limits.ts";
import { checkServe, serve } from "../../server/serve.ts";
import { argument, defineCommand } from "../command.ts";
import { localOptions, openHere } from "../input/open-model.ts";
import { flag, integer, list, text } from "../options/option.ts";
import { failureOf } from "../output/failure.ts";

export default defineCommand({
  description:
    "Answers GET /v1/models, POST /v1/completions and POST /v1/chat/completions, streamed too, as OpenAI's API " +
    "does, one request after the other. Ctrl-C finishes the request under way and stops.",
  arguments: { model: argument("Run folder, Hugging Face folder, built-in model or Hub name") },
  options: {
    port: integer("Where to listen, 0 for any free port", { min: 0, max: 65_535, default: 8080 }),
    host: text("Address to listen at; 0.0.0.0 lets other machines in, who need a key", {
      placeholder: "ADDRESS",
      default: "127.0.0.1",
    }),
    key: text(
      "What requests must send as Authorization: Bearer KEY; better set PUNCHLINE_API_KEY, which other users of this machine do not see",
      { placeholder: "KEY" },
    ),
    noKey: flag("Let in anyone who reaches the address"),
    allowOrigin: list("Let web pages of this origin use the server, such as https://example.com; * for all", {
      placeholder: "ORIGIN",
    }),
    maxTokens: integer("Most tokens that a request may have written for each text", {
      min: 1,
      default: defaultLimits.maxTokens,
    }),
    maxTexts: integer("Most texts of a request: prompts times n", {
      min: 1,
      default: defaultLimits.maxTexts,
    }),
    maxPrompt: integer("Most tokens that a request may have read", {
      min: 1,
      default: defaultLimits.maxPromptTokens,
    }),
    ...localOptions,
  },
  examples: {
    "punchline serve punchline-gpt2": "For clients of http://127.0.0.1:8080/v1",
    "punchline serve runs/a --host 0.0.0.0":
      "For other machines too, which need the key in PUNCHLINE_API_KEY",
    "punchline serve runs/a --allow-origin http://localhost:5173": "For a web page",
  },
  async run(ctx, args, { port, host, noKey, allowOrigin, maxTokens, maxTexts, maxPrompt, ...rest }) {
    const { key: given, ...device } = rest;
    if (noKey && given !== undefined)
      throw new UsageError("--key and --no-key exclude each other; give one.");
    if (given?.trim() === "") throw new UsageError("--key is empty; give a key, or --no-key for none.");
    const variable = checkedSecret("PUNCHLINE_API_KEY", process.env.PUNCHLINE_API_KEY);
    const key: string | false | undefined = noKey ? false : (checkedSecret("--key", given) ?? variable);
    const settings = {
      port,
      host,
      key,
      allowOrigins: allowOrigin,
      limits: { maxTokens, maxTexts, maxPromptTokens: maxPrompt },
    };
    await checkServe(settings, "set PUNCHLINE_API_KEY");
    const model = await openHere(ctx, args.model, device, "has its own server already");
    const server = await serve(model, {
      ...settings,
      notice: (sentence) => ctx.warn(sentence),
      report: (error) => ctx.warn(`error: ${failureOf(error).sentence}`),
    });
    const { url, id } = server;
    if (!server.local && !server.needsKey)
      ctx.warn("Anyone who reaches this address may use the model: there is no key.");
    ctx.print(`Model "${id}" at ${url}. Ctrl-C stops it.`);
    ctx.json({ url, model: id, host: server.host, port: server.port });
    const { interrupt } = ctx;
    if (!interrupt.aborted)
      await new Promise((done) => interrupt.addEventListener("abort", done, { once: true }));
    await server.close();
  },
});
