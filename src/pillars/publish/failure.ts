import { type Diagnostic, problem } from "../../core/diagnostic.ts";

/**
 * What a registry's refusal means, told before the playbook's own words: a token that is no longer good, too many
 * requests, a registry that is not well. Nothing is added to a failure that is none of these.
 */
export function publishFailure(
  failed: readonly Diagnostic[],
  { title, token }: { readonly title: string; readonly token: string },
): readonly Diagnostic[] {
  const said = failed.map(({ message, details }) => `${message}\n${details ?? ""}`).join("\n");
  if (/(?<![.\w])E?40[13](?![.\w])|ENEEDAUTH|UNAUTHORIZED|Unauthorized|Forbidden/.test(said)) {
    const message = `${title} refused the token ${token}: it is wrong, has expired, or may not publish this`;
    const next = `renew it, then run the same command again: it goes on from here`;
    return [problem("secret", "publish.not_authorised", message, { next }), ...failed];
  }
  if (/(?<![.\w])E?429(?![.\w])|TOOMANYREQUESTS/.test(said)) {
    const message = `${title} takes no more uploads for now (429)`;
    const next = "wait some minutes, then run the same command again: it goes on from here";
    return [problem("infrastructure", "publish.rate_limited", message, { next }), ...failed];
  }
  if (/(?<![.\w])E?50[0-4](?![.\w])/.test(said)) {
    const message = `${title} is not well and did not take the upload`;
    const next = "run the same command again later: it looks first, and goes on from here";
    return [problem("infrastructure", "publish.registry_unwell", message, { next }), ...failed];
  }
  return failed;
}
