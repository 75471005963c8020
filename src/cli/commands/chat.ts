/** `punchline chat`: a conversation with an instruct model, typed or from a pipe. */
import { createInterface } from "node:readline";
import { didYouMean } from "../../core/did-you-mean.ts";
import { PunchlineError } from "../../core/errors.ts";
import { type Chat, createChat } from "../../generate/chat.ts";
import type { Sample } from "../../generate/sample.ts";
import { argument, defineCommand, optionalArgument } from "../command.ts";
import type { Context } from "../context.ts";
import { localOptions, openHere } from "../input/open-model.ts";
import { textFrom } from "../input/prompt.ts";
import { integer, list, number, present, rivals, text, usual } from "../options/option.ts";

/** What a line that begins with / does. */
const commands = {
  help: "Show this",
  reset: "Begin a new conversation",
  system: "Begin a new one with TEXT as its system message: /system TEXT",
  history: "Show the conversation so far",
  quit: "End, as Ctrl-D does",
} as const;

interface Turn {
  readonly user: string;
  readonly assistant: string;
  readonly tokens: number;
  readonly finish: Sample["finish"];
}

export default defineCommand({
  description:
    "Talks with a model that has a chat template. In a terminal, type a line and read the answer as it is written; " +
    "/help lists what else a line can do, and Ctrl-C ends an answer. With TEXT, or in a pipe, each line is one turn of the " +
    "same conversation.",
  arguments: {
    model: argument("Run folder, Hugging Face folder, built-in model or Hub name"),
    text: optionalArgument("The first turn, and the only one (default: typed, or each line of the input)"),
  },
  options: {
    ...usual({
      ...rivals({
        system: text("System message, before the first turn", { defaultIs: "none" }),
        systemFile: text("A file with that", { placeholder: "FILE", defaultIs: "none" }),
      }),
      temperature: number("Above 1 wilder, 0 the likeliest", {
        min: 0,
        max: 100,
        default: 0.7,
      }),
      topK: integer("Draw from the K likeliest tokens, 0 for all", { min: 0, default: 0 }),
      topP: number("Draw from the likeliest tokens of this total", {
        above: 0,
        max: 1,
        default: 1,
      }),
      maxLength: integer("Most tokens of an answer", { min: 1, defaultIs: "512, or what fits" }),
      seed: integer("Seed of the random numbers", { min: 0, default: 0 }),
    }),
    minP: number("Draw from tokens at least this share as likely as the likeliest", {
      min: 0,
      max: 1,
      default: 0,
    }),
    repetitionPenalty: number("Above 1, makes tokens seen before less likely", { above: 0, default: 1 }),
    stop: list("A text that ends an answer", { defaultIs: "none" }),
    template: text("Which of the model's chat templates", { placeholder: "NAME", defaultIs: "default" }),
    ...localOptions,
  },
  examples: {
    "punchline chat path/to/smollm2-instruct": "Type, and read",
    'punchline chat path/to/smollm2-instruct "Tell me a joke" --json': "One turn, for a program",
    'punchline chat path/to/smollm2-instruct --system "A hen." < asked.txt': "A turn for each line",
  },
  async run(
    ctx,
    { model, text: only },
    { adapter, device, threads, quantize, system, systemFile, template, ...options },
  ) {
    const where = { adapter, device, threads, quantize };
    const told = await textFrom(system, systemFile, "--system");
    const lm = await openHere(ctx, model, where, "has a conversation of its own");
    const chat = createChat(lm, present({ system: told, template }));
    ctx.note(`${model} is asked by its chat template "${chat.template}".`);
    const turns: Turn[] = [];
    const typed = only === undefined && ctx.isTTY && process.stdin.isTTY && !ctx.asJson;
    const say = async (user: string, signal: AbortSignal) => {
      const onText = ctx.isTTY ? (piece: string) => ctx.write(ctx.shown(piece)) : undefined;
      const answer = await chat.say(user, { ...present(options), signal, onText });
      ctx.print(onText ? "" : ctx.shown(answer.text));
      if (answer.finish === "length")
        ctx.note(`The answer was cut after ${answer.tokens} tokens; --max-length allows more.`);
      turns.push({ user, assistant: answer.text, tokens: answer.tokens, finish: answer.finish });
    };
    try {
      if (typed) await converse(ctx, chat, say);
      else
        for await (const line of only === undefined ? inputLines(ctx.interrupt) : [only])
          if (line.trim() !== "") await say(line, ctx.interrupt);
      ctx.interrupt.throwIfAborted();
      ctx.json({ model, template: chat.template, messages: chat.messages, turns });
    } finally {
      await chat.release();
      await lm.release();
    }
  },
});

const inputLines = (signal: AbortSignal) =>
  createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY, signal });

/** Lines of a person: turns, and commands that begin with /. */
async function converse(
  ctx: Context,
  chat: Chat,
  say: (text: string, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  ctx.print(ctx.style.dim("Type a line and press Enter; /help shows what else there is."));
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: "> ",
    signal: ctx.interrupt,
  });
  let writing: AbortController | undefined;
  lines.on("SIGINT", () => (writing ? writing.abort() : lines.close()));
  lines.prompt();
  for await (const line of lines) {
    const quit = line.startsWith("/") && !line.startsWith("//") && !obey(ctx, chat, line.trim());
    if (quit) break;
    if (line.trim() !== "" && (!line.startsWith("/") || line.startsWith("//"))) {
      writing = new AbortController();
      try {
        await say(line.replace(/^\/\//, "/"), AbortSignal.any([writing.signal, ctx.interrupt]));
      } catch (error) {
        // The conversation goes on as if the turn had not been said.
        if (writing.signal.aborted) ctx.print(ctx.style.dim(" (stopped; this turn is forgotten)"));
        else if (error instanceof PunchlineError) ctx.warn(error.message);
        else throw error;
      }
      writing = undefined;
    }
    lines.prompt();
  }
  lines.close();
}

/** Does what a line says that begins with /. @returns false where it ends the conversation */
function obey(ctx: Context, chat: Chat, line: string): boolean {
  const [, name = "", rest = ""] = /^\/(\S*)\s*(.*)$/s.exec(line) ?? [];
  switch (name) {
    case "quit":
    case "exit":
      return false;
    case "reset":
      chat.reset();
      ctx.print(ctx.style.dim("A new conversation."));
      return true;
    case "system":
      chat.reset(rest);
      ctx.print(
        ctx.style.dim(rest === "" ? "A new conversation, with nothing before it." : "A new conversation."),
      );
      return true;
    case "history":
      for (const { role, content } of chat.messages) ctx.print(ctx.shown(`${role}: ${content}`));
      return true;
    case "help":
      for (const [command, what] of Object.entries(commands)) ctx.print(`/${command.padEnd(8)} ${what}`);
      ctx.print("//...     A turn that begins with /");
      return true;
    default:
      ctx.warn(`There is no /${name}; ${didYouMean(name, Object.keys(commands))}`);
      return true;
  }
}
