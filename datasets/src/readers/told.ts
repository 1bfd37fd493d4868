/** A table's own words in a message: on one line, and the first of them where they are many. */
export const told = (text: string): string => text.replace(/\s+/g, " ").slice(0, 60);

/** So many are named. */
const NAMED = 20;

/** The same of several, with commas between them. */
export function listed(names: readonly string[]): string {
  const more = names.length > NAMED ? `, and ${names.length - NAMED} more` : "";
  return `${names.slice(0, NAMED).map(told).join(", ")}${more}`;
}
