import { inLanguages, type Language, numbersIn } from "../report/language.ts";
import type { Refusal } from "./ownFolder.ts";
import type { Ending } from "./protocol.ts";

/** What a teacher should look at in a student's row. */
export type Flag =
  /** Nothing was handed in; or when it came is not known. */
  | { readonly kind: "nothing" | "unknownTime" }
  /** `course.json`, where hints are counted, cannot be read. */
  | { readonly kind: "state" }
  | { readonly kind: "refused"; readonly task: string; readonly why: Refusal }
  | { readonly kind: "ended"; readonly task: string; readonly why: Ending }
  /** The check failed for a reason of its own. */
  | { readonly kind: "unchecked"; readonly task: string; readonly message: string }
  /** Nearly as another student's, and as so many more. */
  | {
      readonly kind: "alike";
      readonly task: string;
      readonly student: string;
      readonly share: number;
      readonly more: number;
    };

const words = inLanguages({
  en: {
    nothing: "nothing was handed in",
    unknownTime: "when it came is not known",
    state: "course.json cannot be read: hints are not counted",
    unchecked: "could not be checked",
    refused: {
      missing: "the file is not there",
      link: "a link in place of a file",
      other: "no ordinary file",
      large: "the file is larger than 1 MB",
      outside: "the file lies outside of the submission",
    },
    ended: {
      time: "took too long",
      memory: "took too much memory",
      output: "printed too much",
      exit: "ended the process itself",
    },
    alike: (share: string, student: string, more: number) =>
      `${share} % as ${student}${more > 0 ? ` and ${more} more` : ""}`,
  },
  ru: {
    nothing: "ничего не сдано",
    unknownTime: "время сдачи неизвестно",
    state: "course.json не читается, подсказки не учтены",
    unchecked: "не удалось проверить",
    refused: {
      missing: "файла нет",
      link: "вместо файла ссылка",
      other: "это не обычный файл",
      large: "файл больше 1 МБ",
      outside: "файл лежит вне папки студента",
    },
    ended: {
      time: "не уложилось во время",
      memory: "не уложилось в память",
      output: "слишком много печатает",
      exit: "само завершает процесс",
    },
    alike: (share: string, student: string, more: number) =>
      `совпадает на ${share} % с: ${student}${more > 0 ? ` и ещё ${more}` : ""}`,
  },
});

/** A flag in words. */
export function flagText(flag: Flag, language: Language): string {
  const w = words[language];
  const { kind } = flag;
  if (kind === "refused") return `${flag.task}: ${w.refused[flag.why]}`;
  if (kind === "ended") return `${flag.task}: ${w.ended[flag.why]}`;
  if (kind === "unchecked") return `${flag.task}: ${w.unchecked} (${flag.message})`;
  if (kind !== "alike") return w[kind];
  return `${flag.task}: ${w.alike(numbersIn(language)(100 * flag.share, 0), flag.student, flag.more)}`;
}
