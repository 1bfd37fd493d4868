import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "datasets/test/**/*.test.ts", "scripts/test/**/*.test.ts"],
    testTimeout: 60_000,
  },
});
