/** What an object's fields hold: in themselves, or in arrays, maps and plain objects, however nested. */

export interface Field<Part> {
  /** The way to it, joined by dots: `blocks.0`, `heads.mean`. */
  readonly name: string;
  readonly part: Part;
  /** Puts another value in its place. */
  replace(part: Part): void;
  /** Why nothing can be listed under this name; undefined where all is well. */
  readonly hidden: string | undefined;
}

type Place = Omit<Field<unknown>, "part"> & { readonly value: unknown };

/** Those values in an object's public fields for which `isPart` holds. Fields whose name begins with `#` are not seen. */
export function* fieldsOf<Part>(owner: object, isPart: (value: unknown) => value is Part): Iterable<Field<Part>> {
  // Containers that are being looked into, since one may hold itself.
  const open = new Set<object>([owner]);
  function* within(places: Iterable<Place>): Iterable<Field<Part>> {
    for (const { value, ...place } of places) {
      if (typeof value !== "object" || value === null) continue;
      if (isPart(value)) yield { ...place, part: value };
      else if (!open.has(value)) {
        open.add(value);
        yield* within(placesIn(value, place));
        open.delete(value);
      }
    }
  }
  yield* within(placesIn(owner, { name: "", replace: () => {}, hidden: undefined }, true));
}

const isPlain = (value: object) => [Object.prototype, null].includes(Object.getPrototypeOf(value));

/** The places of a container; of a stranger, where nobody can tell what its fields mean, as hidden ones. */
function* placesIn(container: object, { name, hidden }: Omit<Place, "value">, isOwner = false): Iterable<Place> {
  const join = (key: unknown) => (name === "" ? String(key) : `${name}.${key}`);
  if (Array.isArray(container)) {
    for (let i = 0; i < container.length; i++) {
      const value: unknown = container[i];
      if (typeof value !== "object") continue;
      yield { name: join(i), value, hidden, replace: (part) => container.splice(i, 1, part) };
    }
  } else if (container instanceof Map) {
    for (const [key, value] of container) {
      const reason = hidden ?? (isName(key) ? undefined : `under the key ${describe(key)} of a Map, which is no name`);
      yield { name: join(key), value, hidden: reason, replace: (part) => container.set(key, part) };
    }
  } else if (isOwner || isPlain(container)) {
    for (const [key, value] of Object.entries(container)) {
      const reason = hidden ?? (isName(key) ? undefined : `under the key ${describe(key)}, which is no name`);
      yield { name: join(key), value, hidden: reason, replace: (part) => Object.assign(container, { [key]: part }) };
    }
  } else if (hidden === undefined && !ArrayBuffer.isView(container)) {
    const isSet = container instanceof Set;
    const reason = isSet ? "in a Set, which has no names" : `inside a ${container.constructor?.name ?? "stranger"}`;
    const values: Iterable<unknown> = isSet ? container : Object.values(container);
    for (const value of values) yield { name, value, hidden: reason, replace: () => {} };
  }
}

/** A dot or nothing at all would make two names of one. */
const isName = (key: unknown) => (typeof key === "string" && key !== "" && !key.includes(".")) || Number.isInteger(key);

const describe = (key: unknown) => (typeof key === "string" ? JSON.stringify(key) : String(key));
