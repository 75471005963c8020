import { defineConfig } from "vitest/config";

/**
 * Minutes of hostile input, kills, browsers, many trainings, and every command of the documents, which `npm test` leaves
 * to CI.
 */
const thorough = [
  "src/**/*.browser.test.ts",
  "src/**/hostile.test.ts",
  "test/**/*.browser.test.ts",
  "test/architectures.test.ts",
  "test/demo.test.ts",
  "test/docs-browser.test.ts",
  "test/docs-run.test.ts",
  "test/finetune-stops.test.ts",
  "test/killed.test.ts",
  "test/mutations.test.ts",
  "test/ranks.test.ts",
  "test/report-accessibility.test.ts",
];

/** They need an adapter of WebGPU, be it SwiftShader. */
const webgpu = "test/webgpu/**/*.test.ts";

/**
 * A worker runs many files in one process, so that the sources are loaded once for all of them. The workers, and what they
 * start, compute with one thread each: with one per core they would wait for each other, and take almost twice as long.
 */
const common = {
  // A test that ends in seconds may take a minute on a slow machine, or a busy one.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 60_000 } },
  isolate: false,
  env: { PUNCHLINE_THREADS: process.env.PUNCHLINE_THREADS ?? "1" },
};

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { ...common, name: "unit", include: ["src/**/*.test.ts"], exclude: thorough } },
      {
        test: {
          ...common,
          name: "integration",
          include: ["test/**/*.test.ts"],
          exclude: [...thorough, webgpu],
        },
      },
      // In CI, what fails once for want of time on a busy machine is tried again; what fails twice is broken.
      { test: { ...common, name: "thorough", include: thorough, retry: process.env.CI ? 1 : 0 } },
      { test: { ...common, name: "webgpu", include: [webgpu], testTimeout: 900_000 } },
    ],
  },
});
