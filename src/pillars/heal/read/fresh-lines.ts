/** Numbers of the lines that the last green log does not show, as a growing bit set (1 bit a line). */
export interface FreshLines {
  add(no: number): void;
  /** True when a line of the range is new. */
  any(first: number, last: number): boolean;
}

export function createFreshLines(): FreshLines {
  let words = new Uint32Array(1024);
  const has = (no: number) => no >>> 5 < words.length && (words[no >>> 5]! & (1 << (no & 31))) !== 0;
  return {
    add(no) {
      if (no >>> 5 >= words.length) {
        const larger = new Uint32Array(Math.max(words.length * 2, (no >>> 5) + 1));
        larger.set(words);
        words = larger;
      }
      words[no >>> 5]! |= 1 << (no & 31);
    },
    any(first, last) {
      for (let no = first; no <= last; no++) if (has(no)) return true;
      return false;
    },
  };
}
