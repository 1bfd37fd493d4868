/** What differs between Node and a browser, as far as this device cares. */

interface Host {
  process?: { env?: Record<string, string | undefined> };
}

/** An environment variable; undefined in a browser. */
export function environment(name: string): string | undefined {
  return (globalThis as Host).process?.env?.[name];
}
