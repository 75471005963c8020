/** `punchline models`: the models on this machine that have a name. */
import { listModels } from "../../generate/list-models.ts";
import { defineCommand } from "../command.ts";
import { formatBytes, formatCount } from "../output/format.ts";
import { printTable } from "../output/print.ts";
import { right } from "../output/table.ts";

export default defineCommand({
  description:
    "Lists the two models that come with Punchline, and those that are whole in the Hugging Face Hub's cache, by the " +
    "names that every MODEL argument takes. The network is not used. The two names always mean the built-in models; " +
    "for other names a model's folder in the working directory goes first. ./NAME always means a folder.",
  arguments: {},
  options: {},
  examples: {
    "punchline models": "What can be used without a download",
    "punchline models --json": "The same for a program, with the folders",
  },
  async run(ctx) {
    const models = await listModels();
    const or = (value: number | undefined) => (value === undefined ? "-" : formatCount(value));
    printTable(
      ctx,
      ["model", "kind", right("parameters"), right("context"), right("size")],
      models.map(({ name, kind, parameters, context, bytes }) => [
        name,
        kind ?? "not read",
        or(parameters),
        or(context),
        formatBytes(bytes),
      ]),
    );
    ctx.print();
    for (const { name, about, builtIn, card } of models) {
      if (builtIn) ctx.print(`${name}: ${about}.`);
      else ctx.print(`${name}: ${about}; its card is at ${card}`);
    }
    const own = models.find(({ builtIn }) => builtIn);
    if (own) ctx.print(`The card of the built-in models is ${own.card}`);
    ctx.json({
      models: models.map(({ builtIn, kind, architecture, parameters, context, ...model }) => ({
        ...model,
        built_in: builtIn,
        kind: kind ?? null,
        architecture: architecture ?? null,
        parameters: parameters ?? null,
        context: context ?? null,
      })),
    });
  },
});
