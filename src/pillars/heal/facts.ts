import { establish, mergeFacts } from "../../constitution/probe.ts";
import { canonicalJson, type Json } from "../../core/canonical.ts";
import type { Facts } from "../../core/facts.ts";
import { sandboxFacts } from "../../tools/sandbox/sandbox.ts";
import type { FileChange } from "./candidate.ts";
import { weakenings } from "./guard.ts";
import type { Evidence } from "./patch.ts";
import { gainsDependency, MANIFEST } from "./template/dependencies.ts";
import { addsOf } from "./template/generalise.ts";

/** What the proof says, read from the stored evidence: the pillar that acts repeats it, it can't make it up. */
export function evidenceFacts(evidence: Evidence): Facts {
  const seen = canonicalJson(evidence as unknown as Json);
  return mergeFacts(
    establish("heal.evidence", seen, {
      "evidence.reproduced": evidence.reproduced,
      "evidence.failing": evidence.failing,
      "evidence.suite": evidence.suite,
      "fix.source": evidence.source,
      "fix.trust": evidence.trust,
    }),
    sandboxFacts({ isolated: evidence.isolated, reason: evidence.isolation }),
  );
}

/** Whether a change weakens tests or adds dependencies, judged from both texts of each file. */
export function diffFacts(changes: readonly FileChange[]): Facts {
  const seen = canonicalJson(changes.map(({ path, before, after }) => ({ path, before, after })) as unknown as Json);
  return establish("heal.diff", seen, {
    "change.weakens_tests": weakenings(changes).length > 0,
    "fix.adds": [...new Set(changes.flatMap((change) => addsOf(change)))].sort(),
    "change.adds_dependency": changes.some(
      ({ path, before, after }) => MANIFEST.test(path) && after !== undefined && gainsDependency(path, before, after),
    ),
  });
}
