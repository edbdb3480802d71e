import { join } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import { checkPlaybook, type PlaybookReport, runPlaybook } from "../../tools/ansible/ansible.ts";
import { type Acting, permitFor } from "../acting.ts";
import { withPlaybook } from "../deploy/playing.ts";
import { type ShareAsked, shareFacts } from "../deploy/share-facts.ts";
import { type Ladder, type Shifted, STEP, shiftedSchema } from "./ladder.ts";
import { backTarget, targetOf } from "./report.ts";

/** Gives the canary the share of a rung: looked up first, done under a permit of its own, and read back. */
export async function shiftTo(
  acting: Acting,
  ladder: Ladder,
  rung: number,
  by: ShareAsked["by"],
): Promise<Outcome<Shifted>> {
  const { rungs } = ladder.canary;
  const share = rungs[rung - 1]?.share ?? 100;
  const target = targetOf(ladder, share);
  const facts = shareFacts({ rung, rungs: rungs.length, share, by });
  return await move(acting, ladder, {
    step: STEP.rung(rung),
    title: `${ladder.version} at ${share} %`,
    variables: { service_share: share },
    act: async (play) => {
      const permit = await permitFor(acting, "service.deploy", target, facts);
      return permit.ok ? await play((options) => runPlaybook(permit.value, "service.deploy", target, options)) : permit;
    },
  });
}

/** Gives it all traffic for good: the version before is stopped. The rung of all traffic was allowed for the same target. */
export async function giveAll(acting: Acting, ladder: Ladder, by: ShareAsked["by"]): Promise<Outcome<Shifted>> {
  const { length: rungs } = ladder.canary.rungs;
  const target = targetOf(ladder, 100);
  const facts = shareFacts({ rung: rungs, rungs, share: 100, by });
  return await move(acting, ladder, {
    step: STEP.finish,
    title: `${ladder.version} takes over from ${ladder.stable}`,
    variables: {},
    act: async (play) => {
      const permit = await permitFor(acting, "service.deploy", target, facts);
      return permit.ok ? await play((options) => runPlaybook(permit.value, "service.deploy", target, options)) : permit;
    },
  });
}

/** Takes its traffic away: the version before, which never stopped, has all of it again. */
export async function takeBack(acting: Acting, ladder: Ladder): Promise<Outcome<Shifted>> {
  const target = backTarget(ladder);
  return await move(acting, ladder, {
    step: STEP.back,
    title: `back to ${ladder.stable}`,
    variables: { service_share: 0 },
    act: async (play) => {
      const permit = await permitFor(acting, "service.withdraw", target);
      return permit.ok
        ? await play((options) => runPlaybook(permit.value, "service.withdraw", target, options))
        : permit;
    },
  });
}

type Play = (
  run: (options: Parameters<typeof checkPlaybook>[0]) => Promise<Outcome<PlaybookReport>>,
) => Promise<Outcome<PlaybookReport>>;

/** One move of traffic as an effect of the journal: the playbook in check mode says whether it is there already. */
async function move(
  acting: Acting,
  ladder: Ladder,
  how: {
    readonly step: string;
    readonly title: string;
    readonly variables: Readonly<Record<string, unknown>>;
    readonly act: (play: Play) => Promise<Outcome<unknown>>;
  },
): Promise<Outcome<Shifted>> {
  const { session, run } = acting;
  const id = `canary.${how.step.replaceAll(" ", "-")}`;
  const playing = { ...ladder, variables: { ...ladder.variables, ...how.variables } };
  return await task(
    session.emit,
    id,
    how.title,
    async (progress) =>
      await withPlaybook(session, playing, async (options) => {
        const heard = {
          ...options,
          logFile: join(session.homes.state, "logs", `${run.id}-canary.log`),
          onEvent: (event: { readonly event: string; readonly task?: string }) =>
            event.event === "task" && progress(event.task ?? ""),
        };
        return await run.effect<Shifted>(how.step, {
          async probe() {
            progress("asking the servers who has which share");
            const seen = await checkPlaybook(options);
            if (!seen.ok) return seen;
            if (seen.value.changed) return succeed(undefined);
            return shiftedIn(seen.value, session.clock.now());
          },
          act: () => how.act((play) => play(heard)),
          readBack: { attempts: 1, delayMs: 0 },
        });
      }),
    (done) => (done.ok ? { title: how.title } : { state: acting.asked ? "held" : "failed" }),
  );
}

function shiftedIn({ data }: PlaybookReport, at: number): Outcome<Shifted> {
  const read = shiftedSchema.safeParse({ at, ...(data.ports === undefined ? {} : { ports: data.ports }) });
  if (read.success) return succeed(read.data);
  return fail(
    problem("config", "canary.bad_ports", "the playbook hands back `ports` that are no ports", {
      next: "set_stats takes ports: { SERVER: { canary: 8081, stable: 8082 } }",
    }),
  );
}
