import { productOf, type Session } from "../../pipeline/session.ts";
import { type TrivyOptions, trivyCache } from "../../tools/trivy/trivy.ts";

/** How long any scanner may take, and what is kept from its words. */
export function callOf(session: Session) {
  const minutes = productOf(session).config.get("ship.security.timeout_minutes");
  return { timeoutMs: minutes * 60_000, redactor: session.redactor, signal: session.signal };
}

/** The same for Trivy, with the place of its databases. */
export function trivyOptions(session: Session): TrivyOptions {
  const { config } = productOf(session);
  const cache = config.get("ship.security.trivy_cache_dir") ?? trivyCache(session.environment);
  return { ...callOf(session), cache, offline: config.get("ship.security.offline") };
}
