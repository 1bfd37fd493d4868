import type { Checksum } from "@lectern/datasets";
import { UsageError } from "../errors.ts";

/** A file of a repository, as the hub describes it. */
export interface HubFile {
  readonly name: string;
  readonly size: number;
  readonly checksum: Checksum;
}

/** A repository at one commit. */
export interface Revision {
  readonly repository: string;
  readonly commit: string;
  readonly files: readonly HubFile[];
}

/** So long a description is waited for. */
const PATIENCE = 30_000;
/** A repository of a thousand files takes a tenth of it. */
const MOST_DESCRIPTION = 2 ** 24;

/** Where models are fetched from: `--hub`, the variable LECTERN_HUB, or huggingface.co. Errors: it is no address. */
export function hubAddress(given = process.env.LECTERN_HUB ?? "https://huggingface.co"): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url.href.replace(/\/+$/, "");
  throw new UsageError(`the hub's address is ${JSON.stringify(given)}; it has to begin with https:// or http://`);
}

export const isRepository = (name: string): boolean => /^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(name);

/** What a file of a commit is fetched from. */
export const fileAddress = (hub: string, { repository, commit }: Revision, { name }: HubFile): string =>
  `${hub}/${repository}/resolve/${commit}/${name}`;

/**
 * Asks the hub what a revision (a commit, a branch, a tag) consists of: the commit that it is now, and of each file in its
 * uppermost folder the size and checksum: the SHA-256 of a large one, of a small one the name that git gives its content.
 * Errors: it cannot be reached, does not have it, or answers something else.
 */
export async function describeRevision(hub: string, repository: string, revision: string): Promise<Revision> {
  const url = `${hub}/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const { z } = await import("zod");
  const file = z.object({
    rfilename: z.string(),
    size: z.int().min(0).optional(),
    blobId: z.string().optional(),
    lfs: z.object({ sha256: z.string(), size: z.int().min(0) }).nullish(),
  });
  const schema = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/), siblings: z.array(file).max(100_000) });
  const answer = schema.safeParse(await askFor(url, repository));
  if (!answer.success) throw new Error(`${repository}: ${url} describes no repository`);
  const { sha, siblings } = answer.data;
  if (/^[0-9a-f]{40}$/.test(revision) && sha !== revision) {
    throw new Error(`${repository}: ${url} describes the commit ${sha}, and ${revision} was asked for`);
  }
  const files = siblings.flatMap(({ rfilename, size, blobId, lfs }): HubFile[] => {
    const checksum = lfs ? sum("sha256", lfs.sha256, 64) : sum("git", blobId, 40);
    const bytes = lfs?.size ?? size;
    const isHere = /^[\w-][\w.-]*$/.test(rfilename);
    return isHere && checksum !== undefined && bytes !== undefined ? [{ name: rfilename, size: bytes, checksum }] : [];
  });
  return { repository, commit: sha, files };
}

function sum(algorithm: "sha256" | "git", digits: string | undefined, length: number): Checksum | undefined {
  return digits?.length === length && /^[0-9a-f]+$/.test(digits) ? `${algorithm}:${digits}` : undefined;
}

async function askFor(url: string, repository: string): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
  } catch (cause) {
    const { host } = new URL(url);
    const way = "check the network, or name a folder that has the model (config.json, weights, tokenizer)";
    throw new Error(`${repository}: ${host} cannot be reached; ${way}`, { cause });
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`${repository}: ${url} answers ${response.status} ${response.statusText}`.trimEnd());
  }
  try {
    return JSON.parse(await textOf(response));
  } catch (cause) {
    throw new Error(`${repository}: ${url} does not answer with a description (JSON)`, { cause });
  }
}

/** An answer's text. Errors: it is longer than any description. */
async function textOf({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    parts.push(part);
    size += part.length;
    if (size > MOST_DESCRIPTION) throw new Error("it is too long");
  }
  return Buffer.concat(parts).toString();
}
