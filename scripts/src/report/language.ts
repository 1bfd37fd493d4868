/** The languages of reports. */
export const LANGUAGES = ["en", "ru"] as const;
export type Language = (typeof LANGUAGES)[number];

/** A text, or a record of texts, in each language. */
export type Languages<T> = Readonly<Record<Language, T>>;

/** Texts in both languages; what one has and the other lacks is an error of types. */
export function inLanguages<T>(texts: { readonly en: T; readonly ru: NoInfer<T> }): Languages<T> {
  return texts;
}

/** The same texts whatever the language, for an experiment of one's own. */
export const inOneLanguage = <T>(texts: T): Languages<T> => ({ en: texts, ru: texts });

/** Writes a number: with so many decimals, or as few digits as say it to three or four places. */
export type NumberFormat = (value: number, decimals?: number) => string;

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const raised = (power: number) =>
  `${power < 0 ? "⁻" : ""}${[...`${Math.abs(power)}`].map((digit) => SUPERSCRIPT[Number(digit)]).join("")}`;

/** Numbers as a language writes them: `0.125`, `1,234`, `1.2·10⁻⁷` in English, `0,125`, `1 234`, `1,2·10⁻⁷` in Russian. */
export function numbersIn(language: Language): NumberFormat {
  const locale = language === "ru" ? "ru-RU" : "en-US";
  // What rounds to zero has no sign: 0,00 and not −0,00.
  const signDisplay = "negative";
  const plain = new Intl.NumberFormat(locale, { maximumSignificantDigits: 4, signDisplay });
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0, signDisplay });
  const minus = (text: string) => text.replace("-", "−");
  return (value, decimals) => {
    if (Number.isNaN(value)) return "NaN";
    if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
    if (decimals !== undefined) {
      const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals, signDisplay } as const;
      return minus(new Intl.NumberFormat(locale, digits).format(value));
    }
    if (Number.isInteger(value) && Math.abs(value) < 1e7) return minus(whole.format(value));
    const [mantissa, power] = value.toExponential(1).split("e").map(Number);
    if (power >= -4 && power < 7) return minus(power >= 4 ? whole.format(value) : plain.format(value));
    return minus(mantissa === 1 ? `10${raised(power)}` : `${plain.format(mantissa)}·10${raised(power)}`);
  };
}
