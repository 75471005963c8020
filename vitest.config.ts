import { defineConfig } from "vitest/config";

const limits = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      // They share a process, so that ONNX Runtime is loaded once.
      { test: { ...limits, name: "unit", include: ["src/**/*.test.ts"], isolate: false } },
      { test: { ...limits, name: "integration", include: ["test/**/*.test.ts"] } },
    ],
  },
});
