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

/** Where a value stands: under its container's name and a key of its own. */
type Visit = (key: unknown, value: unknown, hidden: string | undefined, replace: (part: unknown) => void) => void;

/** Those values in an object's public fields for which `isPart` holds. Fields whose name begins with `#` are not seen. */
export function fieldsOf<Part>(owner: object, isPart: (value: unknown) => value is Part): Field<Part>[] {
  const found: Field<Part>[] = [];
  // Containers that are being looked into, since one may hold itself.
  const open = new Set<object>();
  const lookInto = (container: object, name: string, hidden: string | undefined) => {
    open.add(container);
    const visit: Visit = (key, value, reason, replace) => {
      if (typeof value !== "object" || value === null) return;
      const path = key === undefined ? name : name === "" ? String(key) : `${name}.${key}`;
      if (isPart(value)) found.push({ name: path, part: value, hidden: reason, replace });
      else if (!open.has(value)) lookInto(value, path, reason);
    };
    visitPlaces(container, container === owner, hidden, visit);
    open.delete(container);
  };
  lookInto(owner, "", undefined);
  return found;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The places of a container; of a stranger, where nobody can tell what its fields mean, as hidden ones. */
function visitPlaces(container: object, isOwner: boolean, hidden: string | undefined, visit: Visit): void {
  if (isOwner || isPlain(container)) {
    const fields = container as Record<string, unknown>;
    for (const key of Object.keys(fields)) {
      const reason = hidden ?? (isName(key) ? undefined : `under the key ${describe(key)}, which is no name`);
      visit(key, fields[key], reason, (part) => Object.assign(fields, { [key]: part }));
    }
  } else if (Array.isArray(container)) {
    for (let i = 0; i < container.length; i++) {
      if (typeof container[i] === "object") visit(i, container[i], hidden, (part) => container.splice(i, 1, part));
    }
  } else if (container instanceof Map) {
    for (const [key, value] of container) {
      const reason = hidden ?? (isName(key) ? undefined : `under the key ${describe(key)} of a Map, which is no name`);
      visit(key, value, reason, (part) => container.set(key, part));
    }
  } else if (hidden === undefined && !ArrayBuffer.isView(container)) {
    const isSet = container instanceof Set;
    const reason = isSet ? "in a Set, which has no names" : `inside a ${container.constructor?.name ?? "stranger"}`;
    const values: Iterable<unknown> = isSet ? container : Object.values(container);
    for (const value of values) visit(undefined, value, reason, () => {});
  }
}

/** A dot or nothing at all would make two names of one. */
const isName = (key: unknown) => (typeof key === "string" && key !== "" && !key.includes(".")) || Number.isInteger(key);

const describe = (key: unknown) => (typeof key === "string" ? JSON.stringify(key) : String(key));
