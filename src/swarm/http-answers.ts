import type { Outcome } from "../core/diagnostic.ts";
import type { Swarm } from "./open.ts";
import { query } from "./transact.ts";

/** An answer that a service can be asked about by its ETag instead of giving it again. */
export interface HttpAnswer {
  readonly etag: string;
  /** JSON text. */
  readonly body: string;
}

/** Bodies above this many characters are not kept. */
const MOST = 512 * 1024;
const KEPT_MS = 14 * 86_400_000;

/** The answer kept of a URL for one account; `account` is a digest and no name or token. */
export async function keptAnswer(
  swarm: Swarm,
  { account, url }: { readonly account: string; readonly url: string },
): Promise<Outcome<HttpAnswer | undefined>> {
  return await query(swarm, (db) =>
    db
      .selectFrom("http_answers")
      .select(["etag", "body"])
      .where("account", "=", account)
      .where("url", "=", url)
      .executeTakeFirst(),
  );
}

/** Keeps an answer, and forgets those that nobody was given anew for two weeks. */
export async function keepAnswer(
  swarm: Swarm,
  { account, url, etag, body }: HttpAnswer & { readonly account: string; readonly url: string },
): Promise<Outcome<void>> {
  if (body.length > MOST) return { ok: true, value: undefined, warnings: [] };
  return await query(swarm, async (db) => {
    const now = swarm.clock.now();
    await db
      .deleteFrom("http_answers")
      .where("stored_at", "<", now - KEPT_MS)
      .execute();
    const row = { etag, body, stored_at: now };
    await db
      .insertInto("http_answers")
      .values({ account, url, ...row })
      .onConflict((conflict) => conflict.columns(["account", "url"]).doUpdateSet(row))
      .execute();
  });
}
