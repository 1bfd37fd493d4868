import { untar, unzip } from "../readers/archives.ts";
import type { Host } from "./host.ts";

/** A page has no files of its own; it may download what a server allows. */
export const host: Host = {
  async open(path) {
    throw new Error(`"${path}" is no data set, and a page reads no files: give a File, or { name, bytes }`);
  },
  async download({ name, url, size }, { signal }) {
    if (url === undefined) throw new Error(`${name} has no url to download from`);
    if (url.startsWith("npm:")) throw new Error(`${name} is an archive of npm's, which a page cannot ask for`);
    return {
      name,
      async bytes() {
        const response = await fetch(url, { signal });
        if (!response.ok) throw new Error(`${name}: ${url} answers ${response.status}`);
        const bytes = new Uint8Array(await response.arrayBuffer());
        if (size === undefined || bytes.length === size) return bytes;
        throw new Error(`${name}: ${url} gave ${bytes.length} bytes instead of ${size}`);
      },
    };
  },
  async ofPackage(name) {
    throw new Error(
      `${name}: a page has none of the package's files; give the text itself, as a File or { name, bytes }`,
    );
  },
  fromZip: unzip,
  fromTar: untar,
};
