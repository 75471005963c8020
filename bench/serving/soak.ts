/**
 * Many clients of one server for a while: texts, streams, chats and vectors; clients that leave in the middle, read a few bytes
 * at a time or send what is refused; and connections that do nothing. Every answer is held to what the model gives alone.
 */
import { once, setMaxListeners } from "node:events";
import { connect, type Socket } from "node:net";
import { Random } from "../../src/core/random.ts";
import { embedTexts } from "../../src/generate/embed.ts";
import type { LocalModel } from "../../src/generate/local-model.ts";

export interface SoakOptions {
  /** The server's base URL, which ends with `/v1`. */
  readonly url: string;
  /** The model that it serves, opened here. */
  readonly lm: LocalModel;
  /** Its name there. */
  readonly model: string;
  readonly seconds: number;
  /** Clients that ask one thing after the other. Default 12. */
  readonly clients?: number;
  /** Connections that are opened at once, again and again, each for one request. Default 1,000. */
  readonly connections?: number;
  /** How long a request may take until it counts as lost. Default 60. */
  readonly deadlineSeconds?: number;
}

export interface SoakResult {
  /** Requests by what they were. */
  readonly counts: Readonly<Record<string, number>>;
  /** What was not as it must be, in sentences. */
  readonly faults: readonly string[];
  /** Memory of the server's process in MB: when its first fifth was over, and at the end (medians of samples around). */
  readonly megabytes: readonly [early: number, late: number];
  /** Connections that were answered while all of a wave were open, of all waves. */
  readonly connections: number;
}

interface Expected {
  readonly body: object;
  readonly text: string;
}

const prompts = [
  "The old man",
  "A hen and a rooster",
  "Why did",
  "It was the",
  "",
  "One day the king said to his",
];
const vectors = ["a hen", "a rooster and a hen that went to town", ""];

export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { url, lm, model, seconds, clients = 12, connections = 1_000, deadlineSeconds = 60 } = options;
  const pool = await expected(lm, model);
  const embedded = (await embedTexts(lm, vectors)).map((vector) => Array.from(vector));
  const origin = url.replace(/\/v1$/, "");
  const counts: Record<string, number> = {};
  const faults: string[] = [];
  const memory: { readonly at: number; readonly bytes: number }[] = [];
  const begun = performance.now();
  const over = () => performance.now() - begun > 1000 * seconds;
  const deadline = deadlineOf(deadlineSeconds);
  const post = (path: string, body: object | string, signal?: AbortSignal) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: text,
      signal: AbortSignal.any([deadline(`${path} ${text.slice(0, 300)}`), ...(signal ? [signal] : [])]),
    });
  };
  const same = (what: string, found: string, { text, body }: Expected) => {
    if (found !== text)
      faults.push(`${what} ${JSON.stringify(body)}: ${JSON.stringify(found)}, not ${JSON.stringify(text)}`);
  };

  const kinds: readonly (readonly [
    share: number,
    name: string,
    ask: (one: Expected, draw: number) => Promise<void>,
  ])[] = [
    [
      0.4,
      "texts",
      async (one) => {
        const answer = (await (await post("/completions", one.body)).json()) as Completion;
        same("a text", answer.choices?.[0]?.text ?? JSON.stringify(answer), one);
      },
    ],
    [
      0.25,
      "streams",
      async (one) => {
        const response = await post("/completions", { ...one.body, stream: true });
        same("a stream", streamed(await response.text()), one);
      },
    ],
    [
      0.12,
      "cancelled",
      async (one, draw) => {
        const stop = new AbortController();
        const body = { ...one.body, max_tokens: 200, stream: true };
        try {
          const response = await post("/completions", body, stop.signal);
          const reader = response.body!.getReader();
          for (let k = 0; k < 4 * draw; k++) await reader.read();
          stop.abort();
          await reader.read();
          faults.push("a stream went on after its client had left");
        } catch (error) {
          // Left, as was meant.
          if (!stop.signal.aborted) throw error;
        }
      },
    ],
    [
      0.1,
      "refused",
      async (_, draw) => {
        const [path, body, status] = refused(model)[Math.floor(draw * refused(model).length)]!;
        const response = await post(path, body);
        const { error } = (await response.json()) as { error?: { message?: string } };
        if (response.status !== status || !error?.message)
          faults.push(`${response.status}, not ${status}, for ${JSON.stringify(body).slice(0, 100)}`);
      },
    ],
    [
      0.05,
      "read slowly",
      async (one) =>
        same("a slow stream", await readSlowly(new URL(url), { ...one.body, stream: true }, deadline), one),
    ],
    [
      0.05,
      "vectors",
      async (_, draw) => {
        const k = Math.floor(draw * vectors.length);
        const answer = (await (await post("/embeddings", { model, input: vectors[k] })).json()) as Vectors;
        const found = answer.data?.[0]?.embedding ?? [];
        if (
          found.length !== embedded[k]!.length ||
          found.some((value, i) => Math.abs(value - embedded[k]![i]!) > 1e-3)
        )
          faults.push(`a vector of ${JSON.stringify(vectors[k])} is another`);
      },
    ],
    [
      0.03,
      "JSON",
      async (one, draw) => {
        const schema = {
          type: "object",
          properties: { n: { type: "integer", maximum: 99, minimum: 0 } },
          required: ["n"],
        };
        const body = { ...one.body, max_tokens: 60, seed: Math.floor(draw * 1e6), guided_json: schema };
        const { choices } = (await (await post("/completions", body)).json()) as Completion;
        const { n } = JSON.parse(choices![0]!.text) as { n: number };
        if (!(Number.isInteger(n) && n >= 0 && n <= 99))
          faults.push(`${choices![0]!.text} does not fit its schema`);
      },
    ],
  ];

  const client = async (number: number) => {
    const random = new Random(number, "soak");
    for (let turn = 0; !over(); turn++) {
      const [a, b, c] = [0, 1, 2].map((k) => random.uniform(3 * turn + k)) as [number, number, number];
      let left = a;
      // Each kind comes once at the beginning.
      const drawn = kinds.find(([share]) => {
        left -= share;
        return left < 0;
      });
      const kind = (turn === 0 ? kinds[number % kinds.length] : drawn) ?? kinds[0]!;
      try {
        await kind[2](pool[Math.floor(b * pool.length)]!, c);
      } catch (error) {
        faults.push(
          `${kind[1]}: ${error instanceof Error ? `${error.message} ${error.cause ?? ""}` : error}`,
        );
      }
      counts[kind[1]] = (counts[kind[1]] ?? 0) + 1;
    }
  };
  const watch = async () => {
    while (!over()) {
      const figures = await metricsOf(origin, deadline);
      memory.push({ at: (performance.now() - begun) / 1000, bytes: figures("punchline_resident_bytes") });
      await new Promise((wake) => setTimeout(wake, Math.max(100, 5 * seconds)));
    }
  };
  let answered = 0;
  const waves = async () => {
    while (!over()) {
      const sockets = await openMany(new URL(url), connections, deadline);
      const answers = await Promise.all(sockets.map((socket) => asksHealth(socket, deadlineSeconds)));
      for (const socket of sockets) socket.destroy();
      const lost = answers.filter((answer) => !answer).length;
      if (lost > 0) faults.push(`${lost} of ${connections} connections were not answered`);
      answered += connections - lost;
      await new Promise((wake) => setTimeout(wake, 100 * Math.min(100, seconds)));
    }
  };
  await Promise.all([watch(), waves(), ...Array.from({ length: clients }, (_, k) => client(k))]);
  // Texts of clients that have left end with the next step.
  const gone = performance.now();
  for (;;) {
    const figures = await metricsOf(origin, deadline);
    const running = ["requests_running", "texts_running", "texts_waiting"].map((name) =>
      figures(`punchline_${name}`),
    );
    if (running.every((count) => count === 0)) break;
    if (performance.now() - gone > 20_000) {
      faults.push(`${running.join(", ")} requests and texts are still under way`);
      break;
    }
  }
  const between = (from: number, to: number) => {
    const some = memory
      .filter(({ at }) => at >= from * seconds && at <= to * seconds)
      .map(({ bytes }) => bytes / 1e6);
    return some.sort((x, y) => x - y)[some.length >> 1] ?? Number.NaN;
  };
  return {
    counts,
    faults,
    megabytes: [between(0.15, 0.4), between(0.8, 1)],
    connections: answered,
  };
}

interface Completion {
  readonly choices?: readonly { readonly text: string }[];
}
interface Vectors {
  readonly data?: readonly { readonly embedding: readonly number[] }[];
}

/** Requests of some kinds, with what the model writes alone. */
async function expected(lm: LocalModel, model: string): Promise<Expected[]> {
  const all: Expected[] = [];
  for (const [k, prompt] of prompts.entries())
    for (const [temperature, max_tokens] of [
      [0, 12],
      [0.8, 24],
      [1, 6],
      [0.7, 60],
    ] as const) {
      const seed = 10 * k + max_tokens;
      const [sample] = await lm.sample({ prompt, seed, temperature, maxLength: max_tokens });
      all.push({ body: { model, prompt, seed, temperature, max_tokens }, text: sample!.text });
    }
  return all;
}

/** Bodies that are refused, with their status. */
const refused = (
  model: string,
): readonly (readonly [path: string, body: object | string, status: number])[] => [
  ["/completions", "{", 400],
  ["/completions", { model: "no such model", prompt: "a" }, 404],
  ["/completions", { model, prompt: "a", logit_bias: { 3: 101 } }, 400],
  ["/completions", { model, prompt: "a", logit_bias: { 999999: 1 } }, 400],
  ["/completions", { model, prompt: [1, 999999] }, 400],
  ["/completions", { model, prompt: [[]] }, 400],
  ["/completions", { model, prompt: "a", max_tokens: 1e9 }, 400],
  ["/completions", { model, prompt: "a ".repeat(100_000), max_tokens: 1, echo: true }, 400],
  ["/completions", { model, prompt: "a", guided_json: { enum: [] } }, 400],
  ["/chat/completions", { model, messages: [{ role: "pirate", content: "a" }] }, 400],
];

/** The text of an answer in events. */
const streamed = (events: string): string =>
  events
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => {
      const event = JSON.parse(line.slice(6)) as Completion;
      return event.choices?.[0]?.text ?? line;
    })
    .join("");

/** Makes signals that abort when a request has taken too long, with an error that names it: what is lost is never waited for. */
const deadlineOf =
  (seconds: number): Deadline =>
  (request) => {
    const controller = new AbortController();
    const late = () => controller.abort(new Error(`not answered within ${seconds} seconds: ${request}`));
    setTimeout(late, 1000 * seconds).unref();
    return controller.signal;
  };
type Deadline = (request: string) => AbortSignal;

async function metricsOf(origin: string, deadline: Deadline): Promise<(name: string) => number> {
  // On a connection of its own: one that was left may close as the next request is sent.
  const request = { headers: { connection: "close" }, signal: deadline("/metrics") };
  const text = await (await fetch(`${origin}/metrics`, request)).text();
  return (name) => Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "m").exec(text)?.[1] ?? 0);
}

const openMany = ({ hostname, port }: URL, count: number, deadline: Deadline): Promise<Socket[]> => {
  const signal = deadline(`one of ${count} connections`);
  // Each of them listens.
  setMaxListeners(0, signal);
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(Number(port), hostname);
      await once(socket, "connect", { signal });
      socket.on("error", () => {});
      return socket;
    }),
  );
};

/** Whether the server answers on a connection. */
async function asksHealth(socket: Socket, seconds: number): Promise<boolean> {
  if (socket.destroyed) return false;
  socket.setTimeout(1000 * seconds, () => socket.destroy());
  const answer = new Promise<boolean>((done) => {
    socket.once("data", (data) => done(String(data).startsWith("HTTP/1.1 200")));
    socket.once("close", () => done(false));
  });
  socket.write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return answer;
}

/** Reads an answer of events a few bytes at a time. */
async function readSlowly(
  { hostname, port, pathname }: URL,
  body: object,
  deadline: Deadline,
): Promise<string> {
  const text = JSON.stringify(body);
  const socket = connect({ host: hostname, port: Number(port), highWaterMark: 16 } as never);
  const signal = deadline(`a slow stream ${text}`);
  signal.addEventListener("abort", () => socket.destroy(signal.reason as Error));
  socket.write(
    `POST ${pathname}/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
  const pieces: Buffer[] = [];
  for await (const piece of socket) {
    pieces.push(piece as Buffer);
    if (pieces.length % 8 === 0) await new Promise((wake) => setTimeout(wake, 1));
  }
  // Chunks of a transfer begin with a line of their length.
  return streamed(
    Buffer.concat(pieces)
      .toString()
      .replaceAll(/\r\n[\da-f]+\r\n/g, ""),
  );
}
