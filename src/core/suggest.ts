import { distance } from "fastest-levenshtein";

/**
 * The candidate that a person most likely meant, or undefined. Case and `-`/`_` do not count, swapped letters count
 * once; at most a third of the word (and at least one character) may differ (Levenshtein). Of candidates that differ in
 * case alone the one written more alike is meant; another tie suggests nothing, since a wrong hint costs more than none.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = fold(word);
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  let best: { candidate: string; distance: number } | undefined;
  let tied = false;
  for (const candidate of candidates) {
    if (candidate === word) continue;
    const folded = fold(candidate);
    const d = letters(folded) === letters(wanted) ? 1 : distance(wanted, folded);
    if (d > limit) continue;
    if (!best || d < best.distance) {
      best = { candidate, distance: d };
      tied = false;
    } else if (d === best.distance && candidate !== best.candidate) {
      const [own, other] = [distance(word, candidate), distance(word, best.candidate)];
      if (fold(best.candidate) !== folded || own === other) tied = true;
      else if (own < other) best = { candidate, distance: d };
    }
  }
  return best && !tied ? best.candidate : undefined;
}

function letters(word: string): string {
  return [...word].sort().join("");
}

function fold(word: string): string {
  return word.toLowerCase().replaceAll(/[-_]/g, "");
}
