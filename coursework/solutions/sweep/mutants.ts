import type { Mutants } from "../../../scripts/src/course/task.ts";

const RETURN = "return ready;";
const ADD = "input.gradient += gradient * derivatives[i]";

export const mutants: Mutants = {
  reversed: [[RETURN, "return ready.reverse();"]],
  repeated: [[RETURN, "return [...ready, ...ready];"]],
  early: [[RETURN, "return found;"]],
  overwritten: [[ADD, "input.gradient = gradient * derivatives[i]"]],
  seed: [["loss.gradient = 1;", ""]],
  upstream: [[ADD, "input.gradient += derivatives[i]"]],
  recursion: [
    [
      "const uses = new Map<Value, number>();",
      `const seen = new Set<Value>();
  const after: Value[] = [];
  function visit(value: Value): void {
    if (seen.has(value)) return;
    seen.add(value);
    for (const input of value.inputs) visit(input);
    after.push(value);
  }
  visit(loss);
  if (after.length > 0) return after.reverse();
  const uses = new Map<Value, number>();`,
    ],
  ],
};
