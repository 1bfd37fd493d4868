/** What the package of digits has, of which it says nothing itself: ten lists of pixels, one after the other. */
declare module "mnist" {
  interface Digit {
    /** Brightness from 0 to 1, 784 numbers for each picture. */
    readonly raw: readonly number[];
  }
  const digits: readonly Digit[];
  export = digits;
}
