import { host } from "#host";
import type { Example, LabelledCorpus, LabelledOptions } from "../entry.ts";
import type { Source } from "../source.ts";
import { splitExamples } from "./split.ts";

const LABELS = ["ham", "spam"];

/**
 * Real mail of 2002 and 2003: wanted and unwanted. A mail is its subject and its text, read by a MIME library; the other
 * headers betray the class (who collected spam had other servers), and are left out. A text that comes again is taken once,
 * since one that validates may not have been learned.
 */
export async function readSpam(archive: Source, options: LabelledOptions): Promise<LabelledCorpus> {
  const files = await host.fromTar(archive, /\/data\/(easy-ham|hard-ham|spam)-\d\/.*\.txt$/);
  const { default: PostalMime } = await import("postal-mime");
  const labels = new Map<string, number>();
  for (const { path, bytes } of files.sort((a, b) => (a.path < b.path ? -1 : 1))) {
    // What only begins as a mail is read as far as it goes.
    const mail = await PostalMime.parse(bytes, { maxNestingDepth: 64 }).catch(() => undefined);
    if (mail === undefined) continue;
    const text = `${mail.subject ?? ""}\n${mail.text ?? plain(mail.html ?? "")}`.trim();
    if (text !== "" && !labels.has(text)) labels.set(text, path.includes("/spam-") ? 1 : 0);
  }
  if (labels.size === 0) throw new Error(`${archive.name}: there is no mail in it`);
  const examples: Example[] = Array.from(labels, ([text, label]) => ({ text, label }));
  return { name: "spam-assassin", labels: LABELS, ...splitExamples("spam-assassin", examples, options), warnings: [] };
}

/** The words of a page, as far as a reader sees them. */
function plain(html: string): string {
  return html
    .replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/&nbsp;/gi, " ")
    .replace(/\s+/g, " ");
}
