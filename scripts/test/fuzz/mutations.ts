import fc from "fast-check";

/** Numbers on which programs stumble. */
const NUMBERS = [0, 1, -1, 2, 127, 128, 255, 256, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 1e308];

/** Texts on which programs stumble. */
const TEXTS = [
  "",
  " ",
  "\0",
  "\n",
  "__proto__",
  "constructor",
  "toString",
  "../../outside",
  "/etc/passwd",
  "\ud800",
  "🏳️‍🌈",
];

/** A change of bytes, as a function: a bit, a number, a piece taken out, put in twice or cut off. */
const byteChange: fc.Arbitrary<(bytes: Buffer) => Buffer> = fc.oneof(
  fc.tuple(fc.nat(), fc.integer({ min: 0, max: 7 })).map(([at, bit]) => (bytes: Buffer) => {
    if (bytes.length > 0) bytes[at % bytes.length] ^= 1 << bit;
    return bytes;
  }),
  fc.tuple(fc.nat(), fc.nat(255)).map(([at, value]) => (bytes: Buffer) => {
    if (bytes.length > 0) bytes[at % bytes.length] = value;
    return bytes;
  }),
  fc
    .tuple(fc.nat(), fc.constantFrom(2, 4, 8), fc.constantFrom(...NUMBERS))
    .map(([at, size, value]) => (bytes: Buffer) => {
      if (bytes.length < size) return bytes;
      const place = at % (bytes.length - size + 1);
      const wide = Buffer.alloc(8);
      wide.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)));
      wide.copy(bytes, place, 0, size);
      return bytes;
    }),
  fc.tuple(fc.nat(), fc.nat(200)).map(([at, length]) => (bytes: Buffer) => {
    const place = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + length)]);
  }),
  fc.tuple(fc.nat(), fc.nat(), fc.nat(200)).map(([at, from, length]) => (bytes: Buffer) => {
    const [place, start] = [at % (bytes.length + 1), from % (bytes.length + 1)];
    return Buffer.concat([bytes.subarray(0, place), bytes.subarray(start, start + length), bytes.subarray(place)]);
  }),
  fc.nat().map((end) => (bytes: Buffer) => bytes.subarray(0, end % (bytes.length + 1))),
  fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 20 })).map(([at, more]) => (bytes: Buffer) => {
    const place = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, place), more, bytes.subarray(place)]);
  }),
);

/** Bytes that a failing test tells as text. */
function told(bytes: Buffer): Buffer {
  const value = () => JSON.stringify(bytes.toString("latin1")).slice(0, 3000);
  return Object.defineProperty(bytes, fc.toStringMethod, { value });
}

/** Some of such changes, one after the other. */
export function changedBytes(good: Uint8Array): fc.Arbitrary<Buffer> {
  return fc
    .array(byteChange, { minLength: 1, maxLength: 5 })
    .map((changes) => changes.reduce<Buffer>((bytes, change) => change(bytes), Buffer.from(good)))
    .map(told);
}

const deep = (depth: number, open: string, close: string) => JSON.parse(open.repeat(depth) + close.repeat(depth));

/** What may stand in the place of something in JSON. */
const strange: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...NUMBERS, ...NUMBERS.map((n) => -n), 0.5, ...TEXTS, null, true, false),
  fc.constantFrom<unknown>([], {}, [[]], [null], "x".repeat(5000), Array(2000).fill(0), deep(2000, "[", "]")),
  fc.jsonValue({ maxDepth: 3 }),
);

type Container = Record<string, unknown>;

/** Every place in JSON. */
function places(json: unknown, found: [Container, string][] = []): [Container, string][] {
  if (typeof json !== "object" || json === null || found.length > 5000) return found;
  for (const key of Object.keys(json)) {
    found.push([json as Container, key]);
    places((json as Container)[key], found);
  }
  return found;
}

const jsonChange: fc.Arbitrary<(json: unknown) => unknown> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.nat(), strange)
      .map(([at, value]) => at_(at, (holder, key) => (holder[key] = structuredClone(value)))),
  },
  { weight: 1, arbitrary: fc.nat().map((at) => at_(at, (holder, key) => delete holder[key])) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(), fc.constantFrom(...TEXTS), strange).map(([at, name, value]) =>
      at_(at, (holder) =>
        Object.defineProperty(holder, name, {
          value: structuredClone(value),
          enumerable: true,
          configurable: true,
          writable: true,
        }),
      ),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(), fc.nat()).map(([at, from]) => (json: unknown) => {
      const all = places(json);
      if (all.length === 0) return json;
      const [holder, key] = all[from % all.length];
      const copy: unknown = JSON.parse(JSON.stringify(holder[key] ?? null));
      return at_(at, (other, place) => (other[place] = copy))(json);
    }),
  },
);

function at_(at: number, change: (holder: Container, key: string) => void): (json: unknown) => unknown {
  return (json) => {
    const all = places(json);
    if (all.length > 0) change(...all[at % all.length]);
    return json;
  };
}

/** JSON in which some things are others. */
export function changedJson(good: unknown): fc.Arbitrary<unknown> {
  return fc
    .array(jsonChange, { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((json, change) => change(json), JSON.parse(JSON.stringify(good)) as unknown));
}

/** A file of JSON, changed as JSON or as bytes. */
export function changedJsonFile(good: unknown): fc.Arbitrary<Buffer> {
  return fc.oneof(
    { weight: 3, arbitrary: changedJson(good).map((json) => told(Buffer.from(JSON.stringify(json) ?? ""))) },
    { weight: 1, arbitrary: changedBytes(Buffer.from(JSON.stringify(good))) },
  );
}

/** A safetensors file whose header is changed as JSON, or the whole as bytes. */
export function changedSafetensors(good: Buffer): fc.Arbitrary<Buffer> {
  const length = Number(good.readBigUInt64LE(0));
  const header: unknown = JSON.parse(good.subarray(8, 8 + length).toString());
  const withHeader = (json: unknown) => {
    const text = Buffer.from(JSON.stringify(json) ?? "");
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(BigInt(text.length));
    return told(Buffer.concat([start, text, good.subarray(8 + length)]));
  };
  return fc.oneof(changedJson(header).map(withHeader), changedBytes(good));
}
