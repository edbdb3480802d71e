/** Numbers of the lines that the last green log does not show, as a growing bit set (1 bit a line). */
export interface FreshLines {
  add(no: number): void;
  /** True when a line of the range is new. */
  any(first: number, last: number): boolean;
  /**
   * The range with the new lines that stand next to it, both ways, up to such as `taken` says are told elsewhere; a line
   * between new ones that is not new (a blank one) is part of them.
   */
  around(first: number, last: number, taken: (no: number) => boolean): readonly [first: number, last: number];
}

/** New lines taken to each side of a range; a log of another job is new all over. */
const MOST_AROUND = 60;
const FEWEST_BEFORE = 3;

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
    around(first, last, taken) {
      const reach = (from: number, step: 1 | -1) => {
        let end = from;
        for (let no = from + step; Math.abs(no - from) <= MOST_AROUND && no > 0; no += step) {
          if (taken(no)) break;
          if (has(no)) end = no;
          else if (Math.abs(no - end) > 1) break;
        }
        // A log of another job is new all over: then nothing says where the failure ends.
        return Math.abs(end - from) >= MOST_AROUND - 1 ? from : end;
      };
      // A line or two before can be new by chance (a download that was in the cache last time).
      const before = reach(first, -1);
      return [first - before < FEWEST_BEFORE ? first : before, reach(last, 1)];
    },
  };
}
