/**
 * The set of line shapes of a log in fixed memory: a Bloom filter of 2^25 bits (4 MiB) with three probes. With ten
 * million distinct shapes one line in fifty is wrongly taken as seen; logs have thousands.
 */
export interface Shapes {
  add(shape: number): void;
  has(shape: number): boolean;
}

const BITS = 2 ** 25;

export function createShapes(): Shapes {
  const words = new Uint32Array(BITS / 32);
  const probe = (shape: number, round: number) => (Math.imul(shape ^ (round * 0x9e3779b9), 0x85ebca6b) >>> 7) % BITS;
  return {
    add(shape) {
      for (let round = 0; round < 3; round++) {
        const bit = probe(shape, round);
        words[bit >>> 5]! |= 1 << (bit & 31);
      }
    },
    has(shape) {
      for (let round = 0; round < 3; round++) {
        const bit = probe(shape, round);
        if ((words[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
      }
      return true;
    },
  };
}
