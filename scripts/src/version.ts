import { readFileSync } from "node:fs";

/** The version of the root's package.json, or of the package's. */
export const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};
