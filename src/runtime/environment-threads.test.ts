import { afterEach, describe, expect, it, vi } from "vitest";
import { environmentThreads } from "./environment-threads.ts";
import { nodeBackend } from "./node.ts";

describe("PUNCHLINE_THREADS", () => {
  afterEach(() => vi.unstubAllEnvs());
  const of = (value: string | undefined) => {
    vi.stubEnv("PUNCHLINE_THREADS", value);
    return environmentThreads();
  };

  it("is a number of threads, or is not set", () => {
    expect([undefined, "", "1", "12"].map(of)).toEqual([undefined, undefined, 1, 12]);
  });

  it.each(["0", "-1", "1.5", "all"])("is refused in a sentence where it is %s", (value) => {
    expect(() => of(value)).toThrow(`PUNCHLINE_THREADS must be a whole number of 1 or more, not "${value}".`);
    expect(() => nodeBackend()).toThrow("PUNCHLINE_THREADS must be");
    expect(() => nodeBackend({ threads: 1 })).not.toThrow();
  });
});
