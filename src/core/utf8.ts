/** Bytes of a text that is still being written, without a last UTF-8 sequence that is not complete yet: no offset cuts a character in two. */
export function wholeCharacters(bytes: Buffer): Buffer {
  let end = bytes.length;
  const from = Math.max(0, end - 4);
  for (let at = end - 1; at >= from; at -= 1) {
    const byte = bytes[at] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    if (at + length > end) end = at;
    break;
  }
  return bytes.subarray(0, end);
}
