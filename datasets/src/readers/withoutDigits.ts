/** In the digits' place where a page is made: with them, every page with data sets would have a chunk of 20 MB. */
export const digits = undefined;
