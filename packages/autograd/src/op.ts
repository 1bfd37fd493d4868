import { isWatching, watched } from "./anomaly.ts";
import { assertTensor, nameOf } from "./check.ts";
import type { Device } from "./device.ts";
import { isFloat } from "./dtypes.ts";
import { GraphNode, OutputNode } from "./engine/graph.ts";
import type { Given, PartialGradient } from "./engine/partial.ts";
import { gradEnabled, recordingAs } from "./engine/recording.ts";
import { run } from "./engine/sweep.ts";
import { canFuse, type OptionalKernel, registerFused } from "./fused.ts";
import { type Modes, modes } from "./modes.ts";
import { opNames } from "./names.ts";
import { OpContext } from "./opContext.ts";
import { isObserving, observed } from "./profile.ts";
import { callReplaced } from "./replaced.ts";
import { formatShape } from "./shape.ts";
import { Tensor } from "./tensor.ts";

export { OpContext } from "./opContext.ts";

/** What is left of an op's arguments without the tensors: the backward rule gets these. */
export type Settings<Args extends readonly unknown[]> = Args extends readonly [infer First, ...infer Rest]
  ? [First] extends [Tensor | readonly Tensor[] | undefined]
    ? Settings<Rest>
    : [First, ...Settings<Rest>]
  : [];

/** What a gradient rule gives for one input: undefined where the input has none. */
export type Gradient = Tensor | undefined;

/** What an op gives: one tensor, or several. */
export type Outputs = Tensor | readonly Tensor[];

/** What its gradient rule gets: the output's gradient, or one for each of several, undefined for those that nobody used. */
export type OutputGradients<Out extends Outputs> = Out extends readonly Tensor[]
  ? { readonly [I in keyof Out]: Gradient }
  : Tensor;

/** Kernels that a device need not have, and when they can be used. */
interface Fused<Args extends readonly unknown[]> {
  /** What is called, gradients included. */
  readonly kernels?: readonly OptionalKernel[];
  /** Whether those kernels can take these arguments; they can unless said otherwise. */
  suits?(...args: Args): boolean;
}

/** An op: its value and its derivative, next to each other. */
export interface OpDefinition<Args extends readonly unknown[], Out extends Outputs = Tensor> extends Fused<Args> {
  /**
   * Computes the value or the values, unrecorded; must return tensors of its own (`ctx.allocate` or `ctx.view`), never an
   * argument.
   */
  forward(ctx: OpContext, ...args: Args): Out;
  /**
   * From the gradient of the output, the gradients of the tensor arguments, in their order. Written with tensor ops it
   * can be differentiated again. Where it calls a device's kernels, give `composite` too.
   */
  backward(
    ctx: OpContext,
    dy: OutputGradients<Out>,
    ...settings: Settings<Args>
  ): readonly (Gradient | PartialGradient)[];
  /**
   * The same function in terms of other ops: in place of `backward` when a gradient of the gradient is wanted, and in place
   * of the whole op where the device lacks one of `kernels`, these do not suit, or fused kernels are switched off.
   */
  composite?(...args: Args): Out;
  /** A cheaper `forward` for where nothing is recorded, with kernels of its own. */
  readonly unrecorded?: Fused<Args> & { forward(ctx: OpContext, ...args: Args): Out };
}

/** An op before its argument types are known to the engine. */
export interface AnyOp {
  readonly name: string;
  /** The gradients of a call's inputs. */
  gradients(node: GraphNode, dy: Tensor | readonly Gradient[], createGraph: boolean): readonly Given[];
}

/** Errors: the tensor is int32, which an op for real numbers cannot take. */
export function assertFloat(op: string, x: Tensor): void {
  assertTensor(op, x);
  if (!isFloat(x.dtype)) throw new TypeError(`${op}: works on float32, this tensor is ${x.dtype}: use .float()`);
}

function tensorsIn(args: readonly unknown[]): Tensor[] {
  const tensors: Tensor[] = [];
  for (const arg of args) {
    if (arg instanceof Tensor) tensors.push(arg);
    else if (Array.isArray(arg)) for (const part of arg) if (part instanceof Tensor) tensors.push(part);
  }
  return tensors;
}

/** Errors: tensors of several devices, or one whose memory was freed. Gives whether one requires a gradient. */
function inspect(name: string, inputs: readonly Tensor[]): boolean {
  const { device, shape } = inputs[0];
  let wanted = false;
  for (const x of inputs) {
    x.assertAlive(name);
    if (x.device !== device) {
      throw new Error(
        `${name}: tensors are on different devices: ${device.name} ${formatShape(shape)} and ` +
          `${x.device.name} ${formatShape(x.shape)}: move one with t.to(device)`,
      );
    }
    wanted ||= x.requiresGrad;
  }
  return wanted;
}

function settingsIn(args: readonly unknown[]): unknown[] {
  const isTensor = (arg: unknown) => arg instanceof Tensor || (Array.isArray(arg) && arg[0] instanceof Tensor);
  return args.filter((arg) => !isTensor(arg));
}

/** An op's definition without its argument types. */
type Definition = OpDefinition<readonly unknown[], Outputs>;

function opOf(name: string, definition: Definition): AnyOp {
  const { composite } = definition;
  return {
    name,
    gradients(node, dy, createGraph) {
      if (composite !== undefined && createGraph) return compositeGradients(name, composite, node, dy);
      const settings = composite === undefined ? node.args : settingsIn(node.args);
      const given = definition.backward(node.ctx, dy as Tensor & readonly Gradient[], ...(settings as []));
      if (!Array.isArray(given))
        throw new TypeError(`${name}: its gradient rule has to give a list, one for each input: [dx]`);
      return given;
    },
  };
}

/** Those of a function of other ops, recorded. */
function compositeGradients(
  name: string,
  composite: (...args: readonly unknown[]) => Outputs,
  { inputs, args }: GraphNode,
  dy: Tensor | readonly Gradient[],
): Gradient[] {
  // An alias for each place, as one tensor may stand in several: its gradients are added up by the caller.
  const aliases = inputs.map((x) => x.alias());
  let place = 0;
  const replace = (arg: unknown): unknown => {
    if (Array.isArray(arg)) return arg.map(replace);
    return arg === inputs[place] ? aliases[place++] : arg;
  };
  const outputs = [composite(...args.map(replace))].flat();
  const seeds = [dy].flat();
  const used = outputs.filter((y, i) => y.requiresGrad && seeds[i] !== undefined);
  const wanted = aliases.filter((x) => x.requiresGrad);
  const options = { retainGraph: true, createGraph: true, captured: wanted };
  const found = run(
    used,
    used.map((y) => seeds[outputs.indexOf(y)]),
    options,
    name,
  );
  return aliases.map((x) => found[wanted.indexOf(x)]);
}

/** The one place where it is decided whether a fused kernel runs. */
function isFused<Args extends readonly unknown[]>(
  { kernels, suits }: Fused<Args>,
  device: Device,
  args: Args,
): boolean {
  return canFuse(device, kernels) && (suits === undefined || suits(...args));
}

type Form = Pick<Definition, "forward">;

/** How an op computes these arguments; undefined: by its composite definition. */
function formOf(
  definition: Definition,
  { replaced }: Modes,
  device: Device,
  tracked: boolean,
  args: readonly unknown[],
): Form | undefined {
  const { unrecorded } = definition;
  // A fused kernel would pass by what replaces an op that it contains.
  if (replaced !== undefined) return definition.composite === undefined ? definition : undefined;
  if (unrecorded !== undefined && !tracked && isFused(unrecorded, device, args)) return unrecorded;
  return definition.composite === undefined || isFused(definition, device, args) ? definition : undefined;
}

/**
 * Makes a differentiable function: its value and its derivative, next to each other.
 *
 * Arguments are tensors (alone or in arrays), then settings (anything else), then tensors that may be left out;
 * `backward` gets the settings after the output's gradient. Where `forward` gives several tensors, `backward` gets as many
 * gradients. Errors: tensors of several devices, or one whose memory was freed.
 *
 * ```ts
 * import { defineOp, type Tensor } from "@lectern/autograd";
 *
 * // y = 2 x. x: any shape -> the same.
 * const twice = defineOp("twice", {
 *   forward: (_ctx, x: Tensor) => x.mul(2),
 *   backward: (_ctx, dy) => [dy.mul(2)],
 * });
 * ```
 */
export function defineOp<Args extends readonly unknown[], Out extends Outputs = Tensor>(
  name: string,
  typed: OpDefinition<Args, Out>,
): (...args: Args) => Out {
  const definition = typed as unknown as Definition;
  const { kernels, composite, unrecorded } = definition;
  const op = opOf(name, definition);
  const hasForms = composite !== undefined || unrecorded !== undefined;
  // Without its own, an op that has no composite definition is fused where its unrecorded form is.
  const optional = kernels ?? (composite === undefined ? unrecorded?.kernels : undefined);
  if (optional !== undefined) registerFused(name, optional);
  opNames.add(name);
  return (...args) => {
    const inputs = tensorsIn(args);
    if (inputs.length === 0) throw new TypeError(`${name}: expects a tensor, got ${nameOf(args[0])}`);
    const here = modes();
    if (here.replaced?.has(name)) return tensorsOnly(name, inputs, callReplaced(name, here, args)) as Out;
    const tracked = inspect(name, inputs) && here.recording;
    const form = hasForms ? formOf(definition, here, inputs[0].device, tracked, args) : definition;
    if (form === undefined) {
      if (!isWatching()) return composite!(...args) as Out;
      return watchedForward(name, args, () => composite!(...args)) as Out;
    }
    const ctx = new OpContext(name, inputs, tracked);
    const outputs = compute(here, ctx, form, args);
    assertOwn(name, inputs, outputs);
    const held = ctx.finish(outputs);
    if (tracked) record(new GraphNode(op, ctx, inputs, composite ? args : settingsIn(args), held), outputs);
    return outputs as Out;
  };
}

/** Errors: what replaces an op gave something else. */
function tensorsOnly(name: string, inputs: readonly Tensor[], given: unknown): unknown {
  if ([given].flat().every((part) => part instanceof Tensor)) return given;
  const shapes = inputs.map(({ shape }) => formatShape(shape)).join(", ");
  throw new TypeError(`withOps: what replaces ${name} gave ${String(given)} for ${shapes}, and no tensor`);
}

/** What the forward rule gives, with nothing recorded. */
function compute(here: Modes, ctx: OpContext, form: Form, args: readonly unknown[]): Outputs {
  const { recording } = here;
  here.recording = false;
  try {
    if (!isObserving() && !isWatching()) return form.forward(ctx, ...args);
    const rule = () => observed(ctx.name, "forward", () => form.forward(ctx, ...args));
    return isWatching() ? watchedForward(ctx.name, args, rule) : rule();
  } finally {
    here.recording = recording;
  }
}

function watchedForward(name: string, args: readonly unknown[], rule: () => Outputs): Outputs {
  const inputs = tensorsIn(args);
  const isIntended = args.some((arg) => typeof arg === "number" && !Number.isFinite(arg));
  return watched({ name, phase: "forward", inputs, isIntended }, (outputs) => [outputs].flat(), rule);
}

/** Errors: an output is an argument. */
function assertOwn(name: string, inputs: readonly Tensor[], outputs: Outputs): void {
  const returned = outputs instanceof Tensor ? inputs.includes(outputs) : outputs.some((y) => inputs.includes(y));
  if (!returned) return;
  throw new Error(`${name}: forward returned its argument: return x.clone(), or a view by ctx.view`);
}

/** Ties outputs to the call that made them; each of several by a node of its own. */
function record(call: GraphNode, outputs: Outputs): void {
  if (outputs instanceof Tensor) {
    if (isFloat(outputs.dtype)) outputs.node = call;
    return;
  }
  outputs.forEach((y, index) => {
    if (!isFloat(y.dtype)) return;
    const all = new Tensor(y.storage, y.shape, y.strides, y.offset, y.origin);
    all.node = call;
    y.node = new OutputNode(call, index, all);
  });
}

/** A function that changes tensors in place, as an optimiser does; nothing is recorded. */
export interface UpdateDefinition<Args extends readonly unknown[]> extends Fused<Args> {
  /** The tensors that it changes, of one device. */
  changes(...args: Args): readonly Tensor[];
  update(device: Device, ...args: Args): void;
  /** The same by kernels that every device has. */
  composite?(device: Device, ...args: Args): void;
}

/**
 * Makes a function that changes tensors in place, such as an optimiser's step. Errors: gradients are being recorded for
 * them, tensors of several devices, or one whose memory was freed.
 */
export function defineUpdate<Args extends readonly unknown[]>(
  name: string,
  definition: UpdateDefinition<Args>,
): (...args: Args) => void {
  const { kernels, composite } = definition;
  if (kernels !== undefined) registerFused(name, kernels);
  return (...args) => {
    const changed = definition.changes(...args);
    if (changed.length === 0) return;
    if (inspect(name, changed) && gradEnabled()) {
      throw new Error(`${name}: changes in place are not recorded: wrap it in noGrad(() => …)`);
    }
    const { device } = changed[0];
    recordingAs(false, () => {
      if (composite === undefined || isFused(definition, device, args)) definition.update(device, ...args);
      else composite(device, ...args);
    });
    for (const { storage } of changed) storage.version++;
  };
}
