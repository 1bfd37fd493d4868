// Which pnpm installs the packages.
import { manifest } from "./node.mjs";

/** The pnpm that package.json pins, and what npm has to say of its content: the same hash, which stands there in base 16. */
const [pinnedPnpm, hash] = manifest.packageManager.split("+sha512.");

export { pinnedPnpm };
export const pnpmIntegrity = `sha512-${Buffer.from(hash, "hex").toString("base64")}`;
