/** One server under load: tokens a second for one client and for several, and how fast it answers meanwhile. */
import { startServer } from "../../test/served.ts";
import { fewest } from "../quick.ts";

export interface LoadOptions {
  /** What the server is started with; the first is the model. */
  readonly args: readonly string[];
  readonly model: string;
  readonly prompt: readonly number[];
  /** Written for each client. */
  readonly tokens: number;
}

/** Milliseconds under load. */
export interface Delays {
  /** Of 95 in 100: to the first token of a short request, and to an answer of /health. */
  readonly first: number;
  readonly health: number;
  /** From a client's leaving until its text is dropped; the longest. */
  readonly cancel: number;
}

export interface Load {
  /** Tokens a second. */
  write(texts: number): Promise<number>;
  /** The other figures, with as many clients under way. */
  delays(texts: number): Promise<Delays>;
  stop(): Promise<unknown>;
}

export async function startLoad({ args, model, prompt, tokens }: LoadOptions): Promise<Load> {
  const server = await startServer(args);
  const origin = server.url.replace(/\/v1$/, "");
  const post = (body: object, signal?: AbortSignal) =>
    fetch(`${server.url}/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model, prompt, temperature: 0.8, ...body }),
      ...(signal ? { signal } : {}),
    });
  const whole = async (seed: number): Promise<number> => {
    const answer = (await (await post({ seed, max_tokens: tokens })).json()) as {
      usage: { completion_tokens: number };
    };
    return answer.usage.completion_tokens;
  };
  return {
    async write(texts) {
      const begun = performance.now();
      const written = await Promise.all(Array.from({ length: texts }, (_, k) => whole(k)));
      return written.reduce((a, b) => a + b, 0) / ((performance.now() - begun) / 1000);
    },
    async delays(texts) {
      let over = false;
      const clients = Array.from({ length: texts }, async (_, k) => {
        for (let seed = k; !over; seed += texts) await whole(seed);
      });
      const first: number[] = [];
      const health: number[] = [];
      const cancel: number[] = [];
      for (let k = 0; k < fewest(24); k++) {
        const begun = performance.now();
        const short = await post({ prompt: prompt.slice(0, 8), max_tokens: 2, seed: k, stream: true });
        await short.body!.getReader().read();
        first.push(performance.now() - begun);
        for (let h = 0; h < 5; h++) {
          const asked = performance.now();
          await (await fetch(`${origin}/health`)).text();
          health.push(performance.now() - asked);
        }
        if (k % 3 === 0) cancel.push(await cancelling(post, origin, texts));
      }
      over = true;
      await Promise.all(clients);
      return { first: p95(first), health: p95(health), cancel: Math.max(...cancel) };
    },
    stop: () => server.stop(),
  };
}

/** From a client's leaving until one text less is under way; other texts may end meanwhile, so the next begin too. */
async function cancelling(
  post: (body: object, signal: AbortSignal) => Promise<Response>,
  origin: string,
  texts: number,
): Promise<number> {
  const running = async () => {
    const text = await (await fetch(`${origin}/metrics`)).text();
    return Number(/^punchline_texts_running\{.*\} (\d+)$/m.exec(text)![1]);
  };
  const leave = new AbortController();
  const response = await post({ max_tokens: 100, seed: 1, stream: true }, leave.signal);
  await response.body!.getReader().read();
  const begun = performance.now();
  leave.abort();
  while ((await running()) > texts) if (performance.now() - begun > 5_000) break;
  return performance.now() - begun;
}

function p95(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(0.95 * sorted.length) - 1)]!;
}
