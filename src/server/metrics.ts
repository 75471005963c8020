/** Figures of a server in the text format of Prometheus. */
import type { Models } from "./models.ts";

/** Seconds up to which durations are counted. */
const BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

export class Metrics {
  #running = 0;
  readonly #answers = new Map<string, number>();
  readonly #cancelled = new Map<string, number>();
  readonly #buckets = BUCKETS.map(() => 0);
  #count = 0;
  #seconds = 0;

  /** Counts a request that a model is given. @returns what counts its end */
  begin(): () => void {
    const begun = performance.now();
    let over = false;
    this.#running++;
    return () => {
      if (over) return;
      over = true;
      const seconds = (performance.now() - begun) / 1000;
      this.#running--;
      this.#count++;
      this.#seconds += seconds;
      BUCKETS.forEach((limit, k) => {
        if (seconds <= limit) this.#buckets[k]!++;
      });
    };
  }

  /** Counts an answer. */
  answered(path: string, status: number): void {
    count(this.#answers, `path="${path}",status="${status}"`);
  }

  /** Counts a request whose connection closed before the end of its answer. */
  cancelled(path: string): void {
    count(this.#cancelled, `path="${path}"`);
  }

  text(models: Models): string {
    const lines: string[] = [];
    const metric = (
      name: string,
      type: "counter" | "gauge" | "histogram",
      help: string,
      values: readonly (readonly [suffix: string, value: number])[],
    ) => {
      lines.push(`# HELP punchline_${name} ${help}`, `# TYPE punchline_${name} ${type}`);
      for (const [suffix, value] of values) lines.push(`punchline_${name}${suffix} ${value}`);
    };
    const ofModels = (count: keyof (typeof models.open)[number][1]["counts"]) =>
      models.open.map(([id, { counts }]) => [`{model="${escaped(id)}"}`, counts[count]] as const);
    const labelled = (counts: ReadonlyMap<string, number>) =>
      [...counts].map(([labels, value]) => [`{${labels}}`, value] as const);
    metric("answers_total", "counter", "Answers by address and status.", labelled(this.#answers));
    metric(
      "requests_cancelled_total",
      "counter",
      "Requests whose client left before the end of the answer.",
      labelled(this.#cancelled),
    );
    metric("requests_running", "gauge", "Requests that a model has been given.", [["", this.#running]]);
    metric("request_seconds", "histogram", "Time from a request to the end of its answer.", [
      ...BUCKETS.map((limit, k) => [`_bucket{le="${limit}"}`, this.#buckets[k]!] as const),
      ['_bucket{le="+Inf"}', this.#count],
      ["_sum", this.#seconds],
      ["_count", this.#count],
    ]);
    metric("texts_running", "gauge", "Texts that are read or written.", ofModels("running"));
    metric("texts_waiting", "gauge", "Texts that wait for their turn.", ofModels("waiting"));
    metric("prompt_tokens_total", "counter", "Tokens of prompts that were read.", ofModels("read"));
    metric(
      "shared_tokens_total",
      "counter",
      "Tokens of prompts that another text had read.",
      ofModels("copied"),
    );
    metric("written_tokens_total", "counter", "Tokens that were written.", ofModels("written"));
    metric("cache_bytes", "gauge", "Memory for the texts that are read and written.", ofModels("bytes"));
    const { rss } = process.memoryUsage();
    metric("resident_bytes", "gauge", "Memory of the process.", [["", rss]]);
    return `${lines.join("\n")}\n`;
  }
}

const count = (counts: Map<string, number>, labels: string) =>
  counts.set(labels, (counts.get(labels) ?? 0) + 1);

const escaped = (label: string): string => label.replace(/[\\"\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`));
