/** What a time has to look like, for errors. */
export const MOMENT = "has to be a day or a time: 2026-10-01, or 2026-10-01 18:00, or 2026-10-01T18:00+03:00";

/** A day ends with it. */
const LAST_SECOND = "23:59:59";
const LOCAL_TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?))?$/;
const FULL_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)$/;

export function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Whether a text is a day or a time that there is: the 31st of November is none. */
export function isMoment(text: string): boolean {
  if (!LOCAL_TIME.test(text) && !FULL_TIME.test(text)) return false;
  const day = text.slice(0, 10);
  const midnight = new Date(`${day}T00:00Z`);
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day) return false;
  return !Number.isNaN(momentOf(text, "UTC").getTime());
}

/** The moment that a text means, in a time zone where it names none of its own. */
export function momentOf(text: string, timezone: string): Date {
  const [local, day, time = LAST_SECOND] = LOCAL_TIME.exec(text) ?? [];
  if (local === undefined) return new Date(text.replace(" ", "T"));
  const asUtc = new Date(`${day}T${time}Z`);
  if (Number.isNaN(asUtc.getTime())) return asUtc;
  // The zone's offset depends on the moment that is looked for: where clocks change, the second look is right.
  let moment = asUtc;
  for (let i = 0; i < 2; i++) moment = new Date(asUtc.getTime() - offsetAt(moment, timezone));
  return moment;
}

/** How far a time zone is ahead of UTC, in milliseconds. */
function offsetAt(moment: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).formatToParts(moment);
  const text = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours = 0, minutes = 0] = /GMT([+-])(\d\d):(\d\d)/.exec(text) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
