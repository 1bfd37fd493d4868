/**
 * Python's pickles (https://docs.python.org/3/library/pickletools.html), as far as PyTorch writes tensors and dictionaries
 * with them. A pickle is a program for a machine with a stack, and Python's own runs whatever function it names. Here a
 * name means what `Names` makes of it, and every other is refused: nothing is looked up, imported or executed.
 */

/** What a pickle may build. Lists and tuples are arrays, dictionaries are maps. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | Map<Value, Value>
  | Name
  | Built;

/** A name that a pickle may say, and what a call of it gives. */
export class Name {
  readonly name: string;
  readonly call: ((args: readonly Value[]) => Value) | undefined;

  constructor(name: string, call?: (args: readonly Value[]) => Value) {
    this.name = name;
    this.call = call;
  }
}

/** What a call or a persistent id gives that is none of Python's own types: a tensor, a storage. */
export abstract class Built {
  abstract readonly kind: string;
}

/** What a pickle's names and ids mean. */
export interface Names {
  /** Undefined for a name that is not allowed. */
  find(module: string, name: string): Name | undefined;
  /** What lies elsewhere, as a tensor's numbers do. */
  persistent(id: Value): Built;
}

const PROTOCOLS = 5;
/** Lists, dictionaries and the like, of which a byte can make one: a hundred thousand tensors need fewer. */
const MOST_OBJECTS = 1_000_000;

/** Reads pickles that lie in bytes one behind the other. Errors say what is wrong, without a file's name. */
export class Unpickler {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #names: Names;
  /** Where the next pickle begins. */
  position = 0;

  constructor(bytes: Uint8Array, names: Names) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#names = names;
  }

  /** Reads one pickle, up to its end. */
  load(): Value {
    const machine = new Machine();
    for (;;) {
      const opcode = this.#byte();
      if (opcode === STOP) return machine.pop();
      const act = OPCODES[opcode];
      if (act === undefined) {
        throw new Error(`it has the opcode 0x${opcode.toString(16)}, which tensors and dictionaries do not need`);
      }
      act(machine, this, this.#names);
    }
  }

  #byte(): number {
    return this.take(1)[0];
  }

  /** The next bytes. */
  take(length: number): Uint8Array {
    const end = this.position + length;
    if (end > this.#bytes.length) throw new Error("it ends in the middle of a pickle");
    const bytes = this.#bytes.subarray(this.position, end);
    this.position = end;
    return bytes;
  }

  /** A whole number of so many bytes, little-endian, without a sign. */
  unsigned(bytes: 1 | 2 | 4 | 8): number {
    const at = this.position;
    this.take(bytes);
    if (bytes === 1) return this.#view.getUint8(at);
    if (bytes === 2) return this.#view.getUint16(at, true);
    if (bytes === 4) return this.#view.getUint32(at, true);
    return Number(this.#view.getBigUint64(at, true));
  }

  double(): number {
    const at = this.position;
    this.take(8);
    return this.#view.getFloat64(at, false);
  }

  text(length: number): string {
    return new TextDecoder().decode(this.take(length));
  }

  /** Text up to the end of the line. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) throw new Error("it ends in the middle of a pickle");
    const text = this.text(end - this.position);
    this.position++;
    return text;
  }
}

/** The stack, the marks in it, and what is remembered. */
class Machine {
  #stack: Value[] = [];
  readonly #below: Value[][] = [];
  readonly #memo = new Map<number, Value>();
  #objects = 0;

  push(value: Value): void {
    if (typeof value === "object") this.#count();
    this.#stack.push(value);
  }

  #count(): void {
    this.#objects++;
    if (this.#objects > MOST_OBJECTS) throw new Error("it builds more lists and dictionaries than any model needs");
  }

  pop(): Value {
    const value = this.#stack.pop();
    if (value === undefined) throw new Error("it takes from an empty stack");
    return value;
  }

  top(): Value {
    const value = this.#stack.at(-1);
    if (value === undefined) throw new Error("it takes from an empty stack");
    return value;
  }

  mark(): void {
    this.#count();
    this.#below.push(this.#stack);
    this.#stack = [];
  }

  /** Everything above the last mark. */
  sinceMark(): Value[] {
    const below = this.#below.pop();
    if (below === undefined) throw new Error("it goes back to a mark that is not there");
    const values = this.#stack;
    this.#stack = below;
    return values;
  }

  tuple(count: number): void {
    const values = Array.from({ length: count }, () => this.pop());
    this.push(values.reverse());
  }

  remember(index = this.#memo.size): void {
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw new Error("it recalls what it never remembered");
    this.push(value);
  }

  append(values: readonly Value[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw new Error("it appends to what is no list");
    for (const value of values) list.push(value);
  }

  set(pairs: readonly Value[]): void {
    const map = this.top();
    if (!(map instanceof Map) || pairs.length % 2 !== 0) throw new Error("it sets items of what is no dictionary");
    for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i], pairs[i + 1]);
  }

  find(module: string, name: string, names: Names): void {
    const found = names.find(module, name);
    if (found === undefined) {
      const asked = JSON.stringify(`${module}.${name}`.slice(0, 100));
      throw new Error(`it asks for ${asked}, and only tensors and dictionaries are read: nothing was executed`);
    }
    this.push(found);
  }

  call(): void {
    const [args, name] = [this.pop(), this.pop()];
    if (!(name instanceof Name) || name.call === undefined || !Array.isArray(args)) {
      throw new Error("it calls what cannot be called");
    }
    this.push(name.call(args));
  }

  /** Attributes of a dictionary, such as a state dict's `_metadata`, which say nothing of the tensors. */
  build(): void {
    this.pop();
    if (!(this.top() instanceof Map)) throw new Error("it gives attributes to what is no dictionary");
  }
}

type Act = (machine: Machine, input: Unpickler, names: Names) => void;

const STOP = 0x2e;

/** Two's complement of any length, little-endian. */
function signed(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (const [i, byte] of bytes.entries()) value += BigInt(byte) << BigInt(8 * i);
  value = BigInt.asIntN(8 * bytes.length, value);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const PROTOCOL: Act = (_, input) => {
  const protocol = input.unsigned(1);
  if (protocol > PROTOCOLS)
    throw new Error(`it is a pickle of protocol ${protocol}, and they are known up to ${PROTOCOLS}`);
};

/** By their codes; named as in Python's pickletools. */
const OPCODES: Readonly<Record<number, Act>> = Object.fromEntries(
  (
    [
      ["\x80", PROTOCOL],
      // FRAME: how much follows, which is of no use here.
      ["\x95", (_, input) => void input.unsigned(8)],
      ["(", (machine) => machine.mark()],
      ["0", (machine) => void machine.pop()],
      ["1", (machine) => void machine.sinceMark()],
      ["2", (machine) => machine.push(machine.top())],
      // Simple values.
      ["N", (machine) => machine.push(null)],
      ["\x88", (machine) => machine.push(true)],
      ["\x89", (machine) => machine.push(false)],
      ["J", (machine, input) => machine.push(input.unsigned(4) | 0)],
      ["K", (machine, input) => machine.push(input.unsigned(1))],
      ["M", (machine, input) => machine.push(input.unsigned(2))],
      ["\x8a", (machine, input) => machine.push(signed(input.take(input.unsigned(1))))],
      ["G", (machine, input) => machine.push(input.double())],
      // Texts and bytes.
      ["X", (machine, input) => machine.push(input.text(input.unsigned(4)))],
      ["\x8c", (machine, input) => machine.push(input.text(input.unsigned(1)))],
      ["\x8d", (machine, input) => machine.push(input.text(input.unsigned(8)))],
      ["U", (machine, input) => machine.push(input.text(input.unsigned(1)))],
      ["T", (machine, input) => machine.push(input.text(input.unsigned(4)))],
      ["B", (machine, input) => machine.push(input.take(input.unsigned(4)))],
      ["C", (machine, input) => machine.push(input.take(input.unsigned(1)))],
      // Lists, tuples and dictionaries.
      ["]", (machine) => machine.push([])],
      ["a", (machine) => machine.append([machine.pop()])],
      ["e", (machine) => machine.append(machine.sinceMark())],
      ["l", (machine) => machine.push(machine.sinceMark())],
      [")", (machine) => machine.tuple(0)],
      ["\x85", (machine) => machine.tuple(1)],
      ["\x86", (machine) => machine.tuple(2)],
      ["\x87", (machine) => machine.tuple(3)],
      ["t", (machine) => machine.push(machine.sinceMark())],
      ["}", (machine) => machine.push(new Map())],
      [
        "s",
        (machine) => {
          const [value, key] = [machine.pop(), machine.pop()];
          machine.set([key, value]);
        },
      ],
      ["u", (machine) => machine.set(machine.sinceMark())],
      // What was there before.
      ["q", (machine, input) => machine.remember(input.unsigned(1))],
      ["r", (machine, input) => machine.remember(input.unsigned(4))],
      ["\x94", (machine) => machine.remember()],
      ["h", (machine, input) => machine.recall(input.unsigned(1))],
      ["j", (machine, input) => machine.recall(input.unsigned(4))],
      // Names, calls and what lies elsewhere.
      ["c", (machine, input, names) => machine.find(input.line(), input.line(), names)],
      [
        "\x93",
        (machine, _, names) => {
          const [name, module] = [machine.pop(), machine.pop()];
          if (typeof name !== "string" || typeof module !== "string") throw new Error("it asks for what is no name");
          machine.find(module, name, names);
        },
      ],
      ["R", (machine) => machine.call()],
      ["b", (machine) => machine.build()],
      ["Q", (machine, _, names) => machine.push(names.persistent(machine.pop()))],
    ] satisfies [string, Act][]
  ).map(([code, act]) => [code.charCodeAt(0), act]),
);
