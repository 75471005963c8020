/**
 * Starts the process of the engine when it is first needed, and again where it has died. What a page and the engine say to
 * each other goes through as text: the server does not spend its time on reading it.
 */
import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type FromPage, type FromWorker, sentError } from "../../browser/worker/messages.ts";
import { toWire } from "../../browser/worker/wire.ts";
import { InputError, PunchlineError } from "../../core/errors.ts";
import type { BackendChoice } from "../../runtime/backend.ts";
import type { NativeCalls } from "./calls.ts";

/** What the process is told; plain data. */
export interface EngineArgument {
  readonly runs: string;
  readonly backend: BackendChoice;
}

/** What it says: a message of a call, as text. */
export interface EngineMessage {
  readonly id: number;
  /** Whether the call is over. */
  readonly last: boolean;
  readonly text: string;
}

/** How Node is to run the program. */
export interface EngineProgram {
  readonly file: string;
  readonly execArgv: readonly string[];
}

/** The built program, which lies beside the server's. */
const built: EngineProgram = {
  file: fileURLToPath(new URL("./studio-engine.js", import.meta.url)),
  execArgv: [],
};

/** Milliseconds that a training gets for its last checkpoint. */
const LAST_MS = 10_000;

type Hear = (message: Pick<EngineMessage, "last" | "text">) => void;

export interface NativeEngine {
  /**
   * Begins a call.
   * @param request as text of `toWire`
   * @returns what stops it, a training with a checkpoint
   */
  begin(name: keyof NativeCalls, request: string, hear: Hear): () => void;
  /** Stops what is under way, a training with a checkpoint, and ends the process. */
  close(): Promise<void>;
}

export function nativeEngine(argument: EngineArgument, program: EngineProgram = built): NativeEngine {
  let running: { readonly child: ChildProcess; readonly hearing: Map<number, Hear> } | undefined;
  let last = 0;

  function started(): NonNullable<typeof running> {
    if (running?.child.connected) return running;
    if (!existsSync(program.file))
      throw new InputError("no-engine", `There is no ${program.file}; install Punchline again.`);
    const child = fork(program.file, [JSON.stringify(argument)], {
      execArgv: [...program.execArgv],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    // Its own calls: one that ends slowly may do so when another has begun.
    const hearing = new Map<number, Hear>();
    child.on("message", (sent) => {
      const message = sent as EngineMessage;
      hearing.get(message.id)?.(message);
      if (message.last) hearing.delete(message.id);
    });
    const ended = (why: string) => {
      const error = new PunchlineError(
        "engine-ended",
        `The engine of this machine ended unexpectedly (${why}); its runs go on from their last checkpoint. Try again, with less if the memory was short.`,
      );
      const message: FromWorker = { type: "error", id: 0, error: sentError(error) };
      for (const hear of hearing.values()) hear({ last: true, text: toWire(message) });
      hearing.clear();
    };
    child.on("error", ({ message }) => ended(message));
    child.on("exit", (status, signal) => ended(signal ?? `status ${status}`));
    running = { child, hearing };
    return running;
  }

  return {
    begin(name, request, hear) {
      const { child, hearing } = started();
      const id = ++last;
      hearing.set(id, hear);
      const post = (message: FromPage) => {
        if (child.connected) child.send(message, () => {});
      };
      post({ type: "call", id, name, request });
      return () => post({ type: "abort", id });
    },
    async close() {
      const child = running?.child;
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise<void>((done) => child.once("exit", () => done()));
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill("SIGKILL"), LAST_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
