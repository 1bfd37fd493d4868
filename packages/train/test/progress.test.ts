import { describe, expect, it } from "vitest";
import { describeProgress, formatDuration, Lines, progressDisplay } from "../src/progress.ts";

const at = (step: number) => ({ step, loss: 2.31, lr: 9.8e-4, perSecond: 41_000, unit: "tokens" });

describe("progress", () => {
  it("says loss, learning rate, tokens a second and the time left", () => {
    expect(describeProgress(at(5), 83)).toBe("loss 2.310 · lr 9.8e-4 · 41,000 tokens/s · 1:23 left");
  });

  it("writes durations as clocks do", () => {
    expect([0, 7.4, 75, 3675, Number.NaN].map(formatDuration)).toEqual(["0:00", "0:07", "1:15", "1:01:15", "–"]);
  });

  it("writes a line at the first step and at every tenth of the way where there is no terminal", async () => {
    const lines: string[] = [];
    const display = new Lines((line) => lines.push(line));
    await display.start(50, 0);
    for (let step = 1; step <= 50; step++) display.update(at(step));
    expect(lines.map((line) => line.split(" · ")[0])).toEqual(
      [1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50].map((step) => `step ${step}/50`),
    );
  });

  it("is of a kind that there is", () => {
    expect(() => progressDisplay("nonsense" as "off")).toThrow(
      'Trainer: progress is "nonsense", it has to be one of auto, lines, off',
    );
  });

  it("shows no progress when it is off, but passes messages on", async () => {
    const lines: string[] = [];
    const display = progressDisplay("off", (line) => lines.push(line));
    await display.start(10, 0);
    display.update(at(1));
    display.log("a message");
    display.stop();
    expect(lines).toEqual(["a message"]);
  });
});
