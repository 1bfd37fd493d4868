import { registerStrategy, type Strategy } from "@lectern/train";

let made = 0;

/** Makes a student's way of choosing tokens a strategy of the library's, under a name of its own, which it gives. */
export function ownStrategy(search: Strategy["search"]): string {
  const name = `coursework-${++made}`;
  registerStrategy({ name, search });
  return name;
}
