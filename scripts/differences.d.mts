/** What makes one array of bytes into another, for `withDifferences` of the cpu device. */
export declare function differencesOf(base: Uint8Array, target: Uint8Array): Uint8Array;
