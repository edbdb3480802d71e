import type { Outcome } from "../core/diagnostic.ts";
import { type Git, openRepository } from "../tools/git/git.ts";
import { productOf, type Session, type Workplace } from "./session.ts";

/** The repository at a path, for one session: what git says is redacted, and whoever stops the session stops git. */
export function repositoryAt(
  { redactor, signal }: Pick<Workplace, "redactor" | "signal">,
  path: string,
): Promise<Outcome<Git>> {
  return openRepository(path, { redactor, signal });
}

/** The product's work tree; commits that are made in it have the configured author. */
export function productRepository(session: Session): Promise<Outcome<Git>> {
  const { path, config } = productOf(session);
  const author = { name: config.get("git.author_name"), email: config.get("git.author_email") };
  return openRepository(path, { author, redactor: session.redactor, signal: session.signal });
}
