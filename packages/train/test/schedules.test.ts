import { describe, expect, it } from "vitest";
import { constant, cosine, linear, type Schedule } from "../src/index.ts";
import { readFixture } from "./helpers.ts";

interface Fixture {
  schedules: {
    warmup: number;
    steps: number;
    floor: number;
    constant: number[];
    linear: number[];
    cosine: number[];
    cosineAlone: number[];
  };
}

const { schedules } = readFixture<Fixture>("optimizers.json");

function expectFactors(schedule: Schedule, expected: readonly number[]): void {
  for (const [step, factor] of expected.entries()) expect(schedule(step), `step ${step}`).toBeCloseTo(factor, 12);
}

describe("schedules", () => {
  it("warm up to a constant as PyTorch's do", () => expectFactors(constant(schedules), schedules.constant));
  it("warm up and fall on a line as PyTorch's do", () => expectFactors(linear(schedules), schedules.linear));
  it("warm up and fall on a cosine as PyTorch's do", () => expectFactors(cosine(schedules), schedules.cosine));
  it("fall from the first step where nothing is warmed up", () => {
    expectFactors(cosine({ steps: schedules.steps }), schedules.cosineAlone);
    expectFactors(linear({ steps: 4 }), [1, 0.75, 0.5, 0.25, 0]);
  });

  it("are halfway between full rate and floor in the middle of a cosine", () => {
    expect(cosine({ warmup: 10, steps: 110, floor: 0.2 })(60)).toBeCloseTo(0.6, 12);
  });

  it("stay at the floor after the last step", () => {
    for (const schedule of [linear({ steps: 5, floor: 0.1 }), cosine({ steps: 5, floor: 0.1 })]) {
      expect(schedule(1000)).toBeCloseTo(0.1, 12);
    }
  });

  it("refuse numbers that make no schedule", () => {
    expect(() => constant({ warmup: -1 })).toThrow("constant: warmup is -1, it has to be 0 or more");
    expect(() => cosine({ steps: 0 })).toThrow("cosine: steps is 0, it has to be above 0");
    expect(() => linear({ steps: 10, floor: 2 })).toThrow("linear: floor is 2, it lies from 0 to 1");
  });
});
