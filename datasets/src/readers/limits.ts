/** What one archive may unpack to: a file of a few megabytes can be written that unpacks to all of memory, and more. */
export interface ArchiveLimits {
  /** Bytes of the wanted files together. */
  readonly bytes: number;
  /** Wanted files. */
  readonly files: number;
}

/** Ten times what the largest data set of texts holds. */
export const ARCHIVE_LIMITS: ArchiveLimits = { bytes: 2 ** 30, files: 1_000_000 };

export const tooMuch = ({ bytes, files }: ArchiveLimits) =>
  new Error(`it unpacks to more than ${bytes} bytes or ${files} files, which no data set known here does`);
