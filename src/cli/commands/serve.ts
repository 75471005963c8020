/** `punchline serve`: a model behind an OpenAI-style HTTP API. */
import { serve } from "../../server/serve.ts";
import { argument, defineCommand } from "../command.ts";
import { failureOf } from "../failure.ts";
import { localOptions, openHere } from "../open-model.ts";
import { integer, text } from "../option.ts";

export default defineCommand({
  description:
    "Answers GET /v1/models, POST /v1/completions and POST /v1/chat/completions, streamed too, as OpenAI's API " +
    "does, one request after the other. Ctrl-C finishes the request under way and stops.",
  arguments: { model: argument({ describe: "Run folder, Hugging Face folder or Hub name" }) },
  options: {
    port: integer({ describe: "Where to listen, 0 for any free port", min: 0, max: 65_535, default: 8080 }),
    host: text({
      describe: "Address to listen at; 0.0.0.0 lets other machines in",
      placeholder: "ADDRESS",
      default: "127.0.0.1",
    }),
    ...localOptions,
  },
  examples: [
    { command: "punchline serve runs/a", explain: "For clients of http://127.0.0.1:8080/v1" },
    { command: "punchline serve gpt2 --host 0.0.0.0 --port 8000", explain: "For other machines too" },
  ],
  async run(ctx, args, { port, host, ...device }) {
    const model = await openHere(ctx, args.model, device, "has its own server already");
    const server = await serve(model, {
      port,
      host,
      report: (error) => ctx.warn(`error: ${failureOf(error).sentence}`),
    });
    const { url, id } = server;
    if (!/^(127\.|::1$)/.test(server.host))
      ctx.warn("Anyone who reaches this address may use the model: there are no keys.");
    ctx.print(`Model "${id}" at ${url}. Ctrl-C stops it.`);
    ctx.json({ url, model: id, host: server.host, port: server.port });
    const { interrupt } = ctx;
    if (!interrupt.aborted)
      await new Promise((done) => interrupt.addEventListener("abort", done, { once: true }));
    await server.close();
  },
});
