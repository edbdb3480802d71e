/**
 * One scan over the bytes of a log for all hints of all readers at once: an Aho-Corasick automaton laid out as a table,
 * blind to the case of ASCII letters. A line without a hint is never decoded, which is what makes reading fast.
 */
export interface HintScanner {
  /** Next state for state × byte: `next[(state << 8) | byte]`. State 0 is the start. */
  readonly next: Uint16Array;
  /** Readers whose hints end in a state, as bits of two words (readers 0–31 and 32–63). */
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  /** States from here on end a hint, those before end none: most bytes need no look at `low` and `high`. */
  readonly firstEnd: number;
}

/** @param hints one list of literal ASCII texts for each reader, at most 64 readers; the index is the reader's bit. */
export function compileHints(hints: readonly (readonly string[])[]): HintScanner {
  if (hints.length > 64) throw new RangeError("at most 64 readers fit the two words of bits");
  const trie: { children: Map<number, number>; low: number; high: number }[] = [
    { children: new Map(), low: 0, high: 0 },
  ];
  for (const [reader, texts] of hints.entries()) {
    for (const text of texts) {
      let state = 0;
      for (const byte of Buffer.from(text.toLowerCase(), "utf8")) {
        let child = trie[state]!.children.get(byte);
        if (child === undefined) {
          child = trie.push({ children: new Map(), low: 0, high: 0 }) - 1;
          trie[state]!.children.set(byte, child);
        }
        state = child;
      }
      if (reader < 32) trie[state]!.low |= 1 << reader;
      else trie[state]!.high |= 1 << (reader - 32);
    }
  }
  return tabulate(trie);
}

function tabulate(trie: readonly { children: Map<number, number>; low: number; high: number }[]): HintScanner {
  const next = new Uint16Array(trie.length << 8);
  const low = new Uint32Array(trie.length);
  const high = new Uint32Array(trie.length);
  const fallback = new Uint16Array(trie.length);
  const queue = [0];
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head]!;
    const node = trie[state]!;
    const back = fallback[state]!;
    low[state] = (node.low | (state === 0 ? 0 : low[back]!)) >>> 0;
    high[state] = (node.high | (state === 0 ? 0 : high[back]!)) >>> 0;
    for (let byte = 0; byte < 256; byte++) {
      const child = node.children.get(byte);
      if (child === undefined) {
        next[(state << 8) | byte] = state === 0 ? 0 : next[(back << 8) | byte]!;
      } else {
        fallback[child] = state === 0 ? 0 : next[(back << 8) | byte]!;
        next[(state << 8) | byte] = child;
        queue.push(child);
      }
    }
    // Capital letters walk as their small ones do; hints hold no capitals.
    for (let byte = 65; byte <= 90; byte++) next[(state << 8) | byte] = next[(state << 8) | (byte + 32)]!;
  }
  return endsLast({ next, low, high });
}

/** The same automaton with the states that end a hint numbered behind all others; the start stays 0. */
function endsLast({ next, low, high }: Omit<HintScanner, "firstEnd">): HintScanner {
  const ends = (state: number) => low[state] !== 0 || high[state] !== 0;
  const states = Array.from(low, (_, state) => state);
  const order = [...states.filter((state) => !ends(state)), ...states.filter(ends)];
  const renamed = new Uint16Array(order.length);
  for (const [now, before] of order.entries()) renamed[before] = now;
  const moved = new Uint16Array(next.length);
  for (const [now, before] of order.entries()) {
    for (let byte = 0; byte < 256; byte++) moved[(now << 8) | byte] = renamed[next[(before << 8) | byte]!]!;
  }
  return {
    next: moved,
    low: Uint32Array.from(order, (state) => low[state]!),
    high: Uint32Array.from(order, (state) => high[state]!),
    firstEnd: states.filter((state) => !ends(state)).length,
  };
}
