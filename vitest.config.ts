import { defineConfig } from "vitest/config";

/** Tests in src that start servers or a browser and take many seconds, which `npm run check` leaves to `npm test`. */
const slow = ["src/**/hostile.test.ts", "src/**/*.browser.test.ts"];
const limits = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { ...limits, name: "unit", include: ["src/**/*.test.ts"], exclude: slow } },
      { test: { ...limits, name: "integration", include: ["test/**/*.test.ts", ...slow] } },
    ],
  },
});
