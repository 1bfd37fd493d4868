/** Cuts bytes where UTF-8 breaks: what is well-formed is text, what is not stays bytes. */
export function utf8Parts(bytes: Uint8Array): (string | Uint8Array)[] {
  const parts: (string | Uint8Array)[] = [];
  let start = 0;
  while (start < bytes.length) {
    let end = start;
    for (let length = lengthAt(bytes, end); length > 0; length = lengthAt(bytes, end)) end += length;
    if (end > start) parts.push(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start, end)));
    start = end;
    while (end < bytes.length && lengthAt(bytes, end) === 0) end++;
    if (end > start) parts.push(bytes.subarray(start, end));
    start = end;
  }
  return parts;
}

/** Bytes of the character that begins at a place; 0 where none does, by table 3-7 of the Unicode standard. */
function lengthAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first === undefined) return 0;
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (length === 0) return 0;
  const second = bytes[at + 1] ?? 0;
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let i = 2; i < length; i++) if ((bytes[at + i] ?? 0) >> 6 !== 2) return 0;
  return length;
}
