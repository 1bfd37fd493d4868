/** What every figure has. Where a text and its figure come from one record of the texts, it is spread: `...t.figures.loss`. */
export interface FigureText {
  readonly title: string;
  /** What is to be seen in it. */
  readonly caption: string;
  /** For those who cannot see it: what kind of figure it is, of what, and what it shows. */
  readonly alt: string;
}

interface Common extends FigureText {
  /** The name of its file: `figure-<id>.svg`. */
  readonly id: string;
  /** The region of the experiment's file that is shown beside it. */
  readonly code?: string;
}

export interface Axis {
  readonly label: string;
  readonly log?: boolean;
  /** Where it begins and ends, unless where the data do. */
  readonly from?: number;
  readonly to?: number;
}

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** What its values spread over, from low to high at each x. */
  readonly band?: readonly (readonly [x: number, low: number, high: number])[];
  /** For what it is compared with: a bound, a baseline. */
  readonly dashed?: boolean;
}

/** Curves over a common axis. */
export interface LineFigure extends Common {
  readonly kind: "line";
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

export interface Bar {
  /** What stands beside the bar. */
  readonly label: string;
  readonly value: number;
  /** Bars of one label are told apart by colour. */
  readonly group?: string;
  readonly low?: number;
  readonly high?: number;
}

/** Horizontal bars, each with its number. */
export interface BarFigure extends Common {
  readonly kind: "bar";
  readonly value: Axis;
  readonly bars: readonly Bar[];
  readonly decimals?: number;
}

export interface Panel {
  readonly title?: string;
  /** values[row][column] */
  readonly values: readonly (readonly number[])[];
  /** Unless the figure's. */
  readonly rows?: readonly string[];
  readonly columns?: readonly string[];
}

/** Matrices side by side: from 0 to the highest value, or, where there are negative ones, from the lowest through 0. */
export interface HeatFigure extends Common {
  readonly kind: "heat";
  readonly panels: readonly Panel[];
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly rowLabel: string;
  readonly columnLabel: string;
  /** One scale for all the panels, so that they can be compared, or each its own (the default). */
  readonly oneScale?: boolean;
}

export interface Dot {
  readonly x: number;
  readonly y: number;
  readonly label?: string;
  readonly group?: string;
}

export interface ScatterFigure extends Common {
  readonly kind: "scatter";
  readonly x: Axis;
  readonly y: Axis;
  readonly dots: readonly Dot[];
}

export interface Image {
  /** pixels[row][column]: the least is the background, the greatest the ink; with negative ones, 0 is the background. */
  readonly pixels: readonly (readonly number[])[];
  readonly label?: string;
}

/** Small images in rows. */
export interface ImagesFigure extends Common {
  readonly kind: "images";
  readonly images: readonly Image[];
  /** How many stand in a row where there is room. */
  readonly columns?: number;
}

export interface TreeNode {
  readonly id: string;
  /** The id of the node that it grew from; a root has none. */
  readonly parent?: string;
  readonly label: string;
  /** A number or a word under the label. */
  readonly note?: string;
  /** On the way to what was chosen. */
  readonly strong?: boolean;
}

/** A tree that grows from left to right. */
export interface TreeFigure extends Common {
  readonly kind: "tree";
  readonly nodes: readonly TreeNode[];
}

export interface TableFigure extends Common {
  readonly kind: "table";
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Texts whose pieces are marked by their weights, 0 to 1. */
export interface TokensFigure extends Common {
  readonly kind: "tokens";
  readonly lines: readonly { readonly label?: string; readonly tokens: readonly { text: string; weight: number }[] }[];
}

export type Figure =
  | LineFigure
  | BarFigure
  | HeatFigure
  | ScatterFigure
  | ImagesFigure
  | TreeFigure
  | TableFigure
  | TokensFigure;

type Parts<F extends Figure> = Omit<F, "kind">;

export const lines = (parts: Parts<LineFigure>): LineFigure => ({ kind: "line", ...parts });
export const bars = (parts: Parts<BarFigure>): BarFigure => ({ kind: "bar", ...parts });
export const heatMap = (parts: Parts<HeatFigure>): HeatFigure => ({ kind: "heat", ...parts });
export const scatter = (parts: Parts<ScatterFigure>): ScatterFigure => ({ kind: "scatter", ...parts });
export const imageGrid = (parts: Parts<ImagesFigure>): ImagesFigure => ({ kind: "images", ...parts });
export const tree = (parts: Parts<TreeFigure>): TreeFigure => ({ kind: "tree", ...parts });
export const tableOf = (parts: Parts<TableFigure>): TableFigure => ({ kind: "table", ...parts });
export const markedTexts = (parts: Parts<TokensFigure>): TokensFigure => ({ kind: "tokens", ...parts });
