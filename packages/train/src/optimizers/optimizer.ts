import { formatShape, keep, noGrad, scope, type Tensor, zerosLike } from "@lectern/autograd";

/** Parameters that are updated by the same settings. */
export interface ParameterGroup {
  readonly parameters: readonly Tensor[];
  /** Learning rate. */
  lr: number;
  weightDecay: number;
}

/** Parameters, or groups of them in which settings may differ from the optimiser's own. */
export type Parameters =
  | Iterable<Tensor>
  | Iterable<Partial<Omit<ParameterGroup, "parameters">> & { parameters: Iterable<Tensor> }>;

/** What gradients are multiplied with before a step: a number, or a tensor of one that need not be waited for. */
export type GradScale = number | Tensor;

/** What a step of an optimiser is told. */
export interface StepOptions {
  /**
   * Gradients count this many times; `clipScale` gives what clips them, as a number or as a tensor of one. Where a tensor is not
   * above 0, the gradients are not finite, and nothing moves.
   */
  gradScale?: GradScale;
}

/** Everything an optimiser has to remember: what a checkpoint holds of it. */
export interface OptimizerState {
  /** How many steps were taken. */
  step: number;
  /** How many each parameter has taken, by its number; checkpoints of old do without. */
  steps?: number[];
  groups: { lr: number; weightDecay: number }[];
  /** One tensor for each parameter and slot, named `<number of the parameter>.<slot>`. */
  tensors: Map<string, Tensor>;
}

/**
 * What all optimisers share: groups, gradients, and what is remembered from step to step. Each of them says in
 * `update` how parameters move.
 */
export abstract class Optimizer {
  readonly groups: ParameterGroup[];
  /** Every group's learning rate counts this many times: where a schedule comes in. */
  lrScale = 1;
  /** How many steps were taken. */
  steps = 0;
  /** The number of each parameter, over all groups. */
  readonly #numbers = new Map<Tensor, number>();
  readonly #steps = new Map<Tensor, number>();
  readonly #slots = new Map<string, Tensor>();

  /** Errors: no list of parameters, an empty one, a tensor that gets no gradients, parameters on two devices, one in two groups, a learning rate or decay below 0. */
  constructor(parameters: Parameters, defaults: { lr: number; weightDecay: number }) {
    if (typeof (parameters as Partial<typeof parameters>)?.[Symbol.iterator] !== "function") {
      throw new TypeError(`${this.name}: parameters come in a list: for a model, give model.parameters()`);
    }
    const list = [...parameters];
    const tensors = list.filter((part): part is Tensor => !("parameters" in part));
    const given = list.filter((part) => "parameters" in part);
    const all = tensors.length > 0 ? [{ parameters: tensors }, ...given] : given;
    this.groups = all.map((group) => ({ ...defaults, ...group, parameters: [...group.parameters] }));
    for (const group of this.groups) this.#checkGroup(group);
    if (this.#numbers.size === 0) throw new Error(`${this.name}: there are no parameters to train`);
  }

  /** How many tensors of its size are remembered for each parameter. */
  get slotsPerParameter(): number {
    return 0;
  }

  get name(): string {
    return this.constructor.name;
  }

  #checkGroup({ parameters, lr, weightDecay }: ParameterGroup): void {
    assertNotNegative(this.name, "the learning rate (lr)", lr);
    assertNotNegative(this.name, "weightDecay", weightDecay);
    for (const p of parameters) {
      if (!p.isParameter) throw new Error(`${this.name}: the parameter ${formatShape(p.shape)} ${whyNone(p)}`);
      if (this.#numbers.has(p)) throw new Error(`${this.name}: the parameter ${formatShape(p.shape)} is there twice`);
      if (!p.isContiguous()) throw new Error(`${this.name}: the parameter ${formatShape(p.shape)} is a view with gaps`);
      const [first = p] = this.#numbers.keys();
      if (p.device !== first.device) {
        throw new Error(`${this.name}: parameters are on different devices, ${first.device.name} and ${p.device.name}`);
      }
      this.#numbers.set(p, this.#numbers.size);
    }
  }

  /** The learning rate that the next step takes for the first group. */
  get lr(): number {
    return this.groups[0].lr * this.lrScale;
  }

  get parameters(): Tensor[] {
    return [...this.#numbers.keys()];
  }

  /** Moves every parameter that has a gradient. */
  step({ gradScale = 1 }: StepOptions = {}): void {
    this.steps++;
    noGrad(() =>
      scope(() => {
        for (const group of this.groups) this.#stepGroup({ ...group, lr: group.lr * this.lrScale }, gradScale);
      }),
    );
  }

  #stepGroup(group: ParameterGroup, gradScale: GradScale): void {
    const parameters = group.parameters.filter(({ grad }) => grad !== undefined);
    for (const p of parameters) this.#steps.set(p, this.stepsOf(p) + 1);
    if (parameters.length > 0) this.update(parameters, group, gradScale);
  }

  /** How many steps a parameter has taken, this one included: those in which it had a gradient. */
  protected stepsOf(p: Tensor): number {
    return this.#steps.get(p) ?? 0;
  }

  /** Moves parameters of one group, all of which have a gradient, in place against their gradients times `gradScale`. */
  protected abstract update(parameters: readonly Tensor[], group: ParameterGroup, gradScale: GradScale): void;

  /** Forgets all gradients, so that the next `backward()` does not add to them. */
  zeroGrad(): void {
    for (const p of this.#numbers.keys()) p.zeroGrad();
  }

  // --- what is remembered -----------------------------------------------------------------------

  /** Whether something is remembered of a parameter under this name. */
  protected has(p: Tensor, slot: string): boolean {
    return this.#slots.has(`${this.#numbers.get(p)}.${slot}`);
  }

  /** What is remembered of a parameter under this name: zeros of its shape at first. */
  protected slot(p: Tensor, slot: string): Tensor {
    const key = `${this.#numbers.get(p)}.${slot}`;
    let tensor = this.#slots.get(key);
    if (tensor === undefined) {
      tensor = keep(zerosLike(p));
      this.#slots.set(key, tensor);
    }
    return tensor;
  }

  stateDict(): OptimizerState {
    const groups = this.groups.map(({ lr, weightDecay }) => ({ lr, weightDecay }));
    const steps = this.parameters.map((p) => this.stepsOf(p));
    return { step: this.steps, steps, groups, tensors: new Map(this.#slots) };
  }

  /** Goes on from what `stateDict` gave. Errors: it belongs to other parameters. */
  loadStateDict(state: OptimizerState): void {
    for (const [slot, tensor] of this.placesFor(state)) slot.copy_(tensor.to(slot.device));
  }

  /** The same, but that the memory of what is remembered is given to whoever fills it, beside what belongs there. */
  placesFor<Entry extends Pick<Tensor, "shape">>({
    step,
    steps,
    groups,
    tensors,
  }: Omit<OptimizerState, "tensors"> & { tensors: ReadonlyMap<string, Entry> }): [Tensor, Entry][] {
    const parameters = this.parameters;
    for (const [key, tensor] of tensors) {
      const p = parameters[Number.parseInt(key, 10)];
      if (p === undefined || formatShape(p.shape) !== formatShape(tensor.shape)) {
        const found = p === undefined ? `there are ${parameters.length} parameters` : `it is ${formatShape(p.shape)}`;
        throw new Error(
          `${this.name}: the state belongs to another model: "${key}" is ${formatShape(tensor.shape)}, ${found}`,
        );
      }
    }
    if (groups.length !== this.groups.length) {
      throw new Error(`${this.name}: the state has ${groups.length} parameter groups, here are ${this.groups.length}`);
    }
    this.steps = step;
    this.groups.forEach((group, i) => {
      Object.assign(group, groups[i]);
    });
    this.#slots.clear();
    const places = Array.from(tensors, ([key, entry]): [Tensor, Entry] => {
      const p = parameters[Number.parseInt(key, 10)];
      return [this.slot(p, key.slice(key.indexOf(".") + 1)), entry];
    });
    // Where one count was kept for all, it is that of every parameter of which something is remembered.
    const moved = new Set([...tensors.keys()].map((key) => Number.parseInt(key, 10)));
    parameters.forEach((p, i) => {
      this.#steps.set(p, steps?.[i] ?? (moved.has(i) ? step : 0));
    });
    return places;
  }
}

/** Why no gradient would ever arrive at a tensor. */
function whyNone({ isLeaf, origin }: Tensor): string {
  return isLeaf
    ? "requires no gradient, and never did: call requiresGrad_() on it"
    : `was computed (by ${origin}), and its gradients go to what it was computed from: make it a leaf, with .detach().requiresGrad_()`;
}

/** Errors: the option is below 0 or no number. */
export function assertNotNegative(name: string, option: string, value: number): void {
  if (typeof value !== "number") throw new TypeError(`${name}: ${option} is "${value}", it has to be a number`);
  if (!(value >= 0)) throw new RangeError(`${name}: ${option} is ${value}, it has to be 0 or more`);
}

/** Errors: the option is not from 0 to below 1, as the share of an average that is kept has to be. */
export function assertShare(name: string, option: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw new RangeError(`${name}: ${option} is ${value}, it lies from 0 to below 1`);
}
