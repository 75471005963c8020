/** The system's Firefox for tests, over WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/): Playwright drives only its own build. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";

const executablePath = process.env.FIREFOX ?? "/usr/bin/firefox-esr";

export const noFirefox = !existsSync(executablePath);
/** What the name of a test says where there is none. */
export const firefoxReason = noFirefox ? ` (skipped: no Firefox at ${executablePath}; set FIREFOX)` : "";

/** Settings that keep it from calling anybody. */
const quietly = {
  "app.update.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "remote.active-protocols": 1,
  "services.settings.server": "data:,",
  "toolkit.telemetry.enabled": false,
};

export interface FirefoxPage {
  goto(url: string): Promise<void>;
  /** The value of an expression, or of its promise, in the page: JSON. */
  evaluate<T>(expression: string): Promise<T>;
  /** Waits until an expression holds. @throws where it does not within so many milliseconds, with what the page says */
  until(expression: string, milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

interface Answer {
  readonly id?: number;
  readonly type: string;
  readonly result?: unknown;
  readonly message?: string;
}

export async function firefoxPage(): Promise<FirefoxPage> {
  const profile = await mkdtemp(join(tmpdir(), "punchline-firefox-"));
  const lines = Object.entries(quietly).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  await writeFile(join(profile, "user.js"), lines.join(""));
  const program = spawn(
    executablePath,
    ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"],
    // The administrator of a container has no sandbox; the pages are this project's own.
    { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, MOZ_DISABLE_CONTENT_SANDBOX: "1" } },
  );
  const ended = new Promise<void>((resolve) => program.once("exit", () => resolve()));
  const end = async () => {
    program.kill("SIGKILL");
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    const session = await connected(await addressOf(program), program);
    await session.send("session.new", { capabilities: {} });
    const { contexts } = await session.send<{ contexts: readonly { context: string }[] }>(
      "browsingContext.getTree",
      {},
    );
    const { context } = contexts[0]!;
    return pageOf(session, context, end);
  } catch (error) {
    await end();
    throw error;
  }
}

/** Where it listens, as it says on its standard error. */
function addressOf(program: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    createInterface({ input: program.stderr! }).on("line", (line) => {
      said.push(line);
      const address = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1];
      if (address) resolve(`${address}/session`);
    });
    program.once("exit", () => reject(new Error(`Firefox ended before it listened: ${said.join("\n")}`)));
    program.once("error", reject);
  });
}

interface Session {
  send<T>(method: string, params: object): Promise<T>;
}

async function connected(address: string, program: ChildProcess): Promise<Session> {
  const socket = new WebSocket(address);
  await new Promise<void>((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const waiting = new Map<number, (answer: Answer) => void>();
  socket.on("message", (data) => {
    const answer = JSON.parse(String(data)) as Answer;
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
  });
  let last = 0;
  return {
    send: <T>(method: string, params: object) =>
      new Promise<T>((resolve, reject) => {
        const id = ++last;
        const gone = () => reject(new Error(`Firefox ended before it answered ${method}.`));
        program.once("exit", gone);
        waiting.set(id, ({ type, result, message }) => {
          waiting.delete(id);
          program.off("exit", gone);
          if (type === "error") reject(new Error(`${method}: ${message}`));
          else resolve(result as T);
        });
        socket.send(JSON.stringify({ id, method, params }));
      }),
  };
}

interface Evaluated {
  readonly type: "success" | "exception";
  readonly result?: { readonly value?: string };
  readonly exceptionDetails?: { readonly text: string };
}

/** Milliseconds between two looks at a page. */
const EVERY = 250;

function pageOf(session: Session, context: string, end: () => Promise<void>): FirefoxPage {
  const evaluate = async <T>(expression: string): Promise<T> => {
    const evaluated = await session.send<Evaluated>("script.evaluate", {
      expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value ?? null))`,
      target: { context },
      awaitPromise: true,
    });
    if (evaluated.type === "exception") throw new Error(evaluated.exceptionDetails?.text ?? expression);
    return JSON.parse(evaluated.result?.value ?? "null") as T;
  };
  return {
    evaluate,
    async goto(url) {
      await session.send("browsingContext.navigate", { context, url, wait: "complete" });
    },
    async until(expression, milliseconds) {
      const end = Date.now() + milliseconds;
      while (!(await evaluate<boolean>(`Boolean(${expression})`))) {
        if (Date.now() > end)
          throw new Error(`${expression} never held. ${await evaluate("document.body.innerText")}`);
        await new Promise((resolve) => setTimeout(resolve, EVERY));
      }
    },
    close: end,
  };
}
