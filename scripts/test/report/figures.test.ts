import { describe, expect, it } from "vitest";
import { openCanvas, WIDTHS } from "../../src/report/draw/canvas.ts";
import { svgFileOf } from "../../src/report/draw/index.ts";
import { lines } from "../../src/report/figures.ts";
import { LANGUAGES, numbersIn } from "../../src/report/language.ts";
import { figureSection, page } from "../../src/report/page.ts";
import { testPages } from "../pages.ts";
import { gallery } from "./gallery.ts";

describe("a figure of every kind", () => {
  const browsed = testPages();
  it.each(LANGUAGES)(
    "fits into a page in %s, with nothing cut off and nothing on top of each other",
    async (language) => {
      const canvas = await openCanvas(numbersIn(language));
      const body = gallery.map((figure) => figureSection(canvas, figure, language));
      await browsed(page({ title: "Gallery", language, body }));
    },
  );

  it("has marks on its axis of steps when there is one step yet", async () => {
    const canvas = await openCanvas(numbersIn("en"));
    const series = [{ name: "run", points: [[40, 0.5]] as const }];
    const figure = lines({
      id: "one",
      title: "",
      caption: "",
      alt: "",
      x: { label: "", from: 0 },
      y: { label: "" },
      series,
    });
    const svg = svgFileOf(canvas, figure, WIDTHS.wide);
    for (const step of [0, 20, 40]) expect(svg).toContain(`>${step}</text>`);
  });

  it("is a file that says what it shows, with colours of its own", async () => {
    const canvas = await openCanvas(numbersIn("en"));
    for (const figure of gallery) {
      const svg = svgFileOf(canvas, figure, WIDTHS.wide);
      if (figure.kind === "table" || figure.kind === "tokens") expect(svg).toBeUndefined();
      else {
        expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*><style>svg \{/);
        expect(svg).toMatch(/^<svg [^>]*role="img"/);
        expect(svg).toContain(figure.alt);
        expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      }
    }
  });
});

describe("numbers", () => {
  const cases: [number, number | undefined, string, string][] = [
    [0.125, undefined, "0.125", "0,125"],
    [1234567, undefined, "1,234,567", "1\u00a0234\u00a0567"],
    [1.234e-7, undefined, "1.2·10⁻⁷", "1,2·10⁻⁷"],
    [1e-6, undefined, "10⁻⁶", "10⁻⁶"],
    [-2.5, 2, "−2.50", "−2,50"],
    [-0.001, 2, "0.00", "0,00"],
    [9.96e-7, undefined, "10⁻⁶", "10⁻⁶"],
    [Number.NaN, undefined, "NaN", "NaN"],
    [0, undefined, "0", "0"],
  ];
  it.each(cases)("%d with %s decimals are %s in English, %s in Russian", (value, decimals, en, ru) => {
    expect(numbersIn("en")(value, decimals)).toBe(en);
    expect(numbersIn("ru")(value, decimals)).toBe(ru);
  });
});
