import { defineConfig } from "vitest/config";

const limits = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { ...limits, name: "unit", include: ["src/**/*.test.ts"] } },
      { test: { ...limits, name: "integration", include: ["test/**/*.test.ts"] } },
    ],
  },
});
