import type { Storage } from "../device.ts";
import { release, type Scope, scoped } from "../lifetimes.ts";
import type { Tensor } from "../tensor.ts";
import type { GradientHook, GraphNode, Target } from "./graph.ts";
import type { PartialGradient } from "./partial.ts";

/** The gradients on their way through the graph. Each is freed as soon as no node waits for it. */
export class PendingGradients {
  readonly memory: Scope | undefined;
  readonly #byTarget = new Map<Target, Tensor>();
  readonly #ofOutputs = new Map<GraphNode, (Tensor | undefined)[]>();
  readonly #waiting = new Map<Storage, number>();

  /** @param memory where the sweep's own tensors lie; undefined if they are recorded, and so may be needed later. */
  constructor(memory: Scope | undefined) {
    this.memory = memory;
  }

  add(target: Target, gradient: Tensor): void {
    this.#wait(gradient.storage, 1);
    const before = this.#byTarget.get(target);
    if (before === undefined) {
      this.#byTarget.set(target, gradient);
      return;
    }
    const total = this.#sum(before, gradient);
    this.#byTarget.set(target, total);
    this.#wait(total.storage, 1);
    this.done(before);
    this.done(gradient);
  }

  /** Adds to a part of what gathers there, in place. */
  addPart(target: Target, partial: PartialGradient): void {
    this.#wait(partial.part.storage, 1);
    this.#addInPlace(target, partial);
    this.done(partial.part);
  }

  #addInPlace(target: Target, partial: PartialGradient): void {
    const before = this.#byTarget.get(target);
    if (before === undefined || this.memory === undefined) {
      this.add(target, partial.whole());
      return;
    }
    let sum = before;
    if (!before.isContiguous() || !this.isExclusive(before)) {
      sum = before.clone();
      this.#byTarget.set(target, sum);
      this.#wait(sum.storage, 1);
      this.done(before);
    }
    scoped(() => partial.addTo(sum));
  }

  /** Keeps what arrived at one of several outputs of a call until the others are there. */
  addOutput(call: GraphNode, index: number, gradient: Tensor): void {
    let gradients = this.#ofOutputs.get(call);
    if (gradients === undefined) {
      gradients = [];
      this.#ofOutputs.set(call, gradients);
    }
    this.#wait(gradient.storage, 1);
    gradients[index] = gradient;
  }

  /** The gradients of a call's outputs, where it has several; undefined for those that nobody used. */
  takeOutputs(call: GraphNode): (Tensor | undefined)[] | undefined {
    if (this.#ofOutputs.size === 0) return undefined;
    const gradients = this.#ofOutputs.get(call);
    this.#ofOutputs.delete(call);
    return gradients;
  }

  /** Their sum, in the memory of one of them where nobody else looks at it. */
  #sum(a: Tensor, b: Tensor): Tensor {
    const target = [a, b].find((x) => x.isContiguous() && this.isExclusive(x));
    if (target === undefined) return a.add(b);
    a.device.binary("add", target, target, target === a ? b : a);
    return target;
  }

  take(target: Target): Tensor | undefined {
    const gradient = this.#byTarget.get(target);
    this.#byTarget.delete(target);
    return gradient;
  }

  /** Shows a gradient to hooks, whose tensors, and those they were shown, are theirs. Gives what they made of it. */
  show(gradient: Tensor, hooks: readonly GradientHook[] = []): Tensor {
    if (hooks.length === 0) return gradient;
    this.memory?.keep(gradient);
    const run = () => hooks.reduce((current, hook) => hook(current) ?? current, gradient);
    const shown = this.memory === undefined ? run() : this.memory.outside(run);
    this.#wait(shown.storage, 1);
    this.#wait(gradient.storage, -1);
    return shown;
  }

  done(gradient: Tensor): void {
    const { storage } = gradient;
    this.#wait(storage, -1);
    if (storage.kept || (this.#waiting.get(storage) ?? 0) > 0) return;
    if (this.memory?.drop(storage)) release(storage, "it was a gradient on its way through backward()");
  }

  /** True if nobody else needs this gradient's memory, so that it may be changed or taken over. */
  isExclusive({ storage }: Tensor): boolean {
    return this.#waiting.get(storage) === 1 && !storage.kept && this.memory?.holds(storage) === true;
  }

  #wait(storage: Storage, change: number): void {
    const count = (this.#waiting.get(storage) ?? 0) + change;
    if (count > 0) this.#waiting.set(storage, count);
    else this.#waiting.delete(storage);
  }
}
