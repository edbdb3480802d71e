import { type Diagnostic, type Outcome, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import type { Acting } from "../acting.ts";
import { announceRelease } from "../announce/announce.ts";
import { PATIENCE, type PublishPatience, publishPackage } from "../publish/publish-package.ts";
import { remoteSource } from "../remote-credentials.ts";
import { hasToken } from "../secrets/source.ts";
import { askAhead } from "./ask-ahead.ts";
import { isOnGitHub, type Papers, pageOf, releaseOnGitHub } from "./github-release.ts";
import { commitRelease, type Landing, makeBuiltTag, pushCommit, tagRelease, tagsFree } from "./land.ts";
import { emptyResult, type ReleaseResult, type ReleaseUnit } from "./report.ts";
import type { ReleaseWork } from "./work.ts";

/** One effect of the act half, as it is told. */
interface Effect {
  readonly id: string;
  readonly title: string;
  /** The title when it is done; absent where `run` shows its own task. */
  readonly done?: () => string;
  readonly run: () => Promise<Outcome<unknown>>;
}

/** What every effect of one release works with; `result` takes what each did. */
interface Release {
  readonly acting: Acting;
  readonly landing: Landing;
  readonly work: ReleaseWork;
  readonly papers: Papers;
  readonly patience: PublishPatience;
  readonly result: ReleaseResult;
}

/** The act half, effect by effect; when one fails the later ones are shown as held. */
export async function act(
  acting: Acting,
  landing: Landing,
  work: ReleaseWork,
  options: {
    readonly tag?: "last" | "first" | undefined;
    readonly patience?: PublishPatience | undefined;
    readonly papers: Papers;
  },
): Promise<Outcome<ReleaseResult>> {
  const hasPages = await isOnGitHub(acting.session, landing.git);
  if (!hasPages.ok) return hasPages;
  // Without a token a page is left out, and nobody is asked about it.
  const pagesToCome = hasPages.value && hasToken(acting.session, remoteSource(acting.session));
  const result = { ...emptyResult(landing.plan), released: true, run: acting.run.id, artifacts: [...work.artifacts] };
  const { papers, patience = PATIENCE } = options;
  const release: Release = { acting, landing, work, papers, patience, result };
  const { units } = landing.plan;
  const tags = [...units.map((unit) => tagging(release, unit)), ...taggingBuilt(release)];
  const publishes = units.flatMap((unit) => publishing(release, unit));
  const tagsFirst = (options.tag ?? acting.product.spec.value.release.tag_order) === "first";
  const effects = [
    ...landingEffects(release),
    ...(tagsFirst ? [...tags, ...publishes] : [...publishes, ...tags]),
    ...(hasPages.value ? units.map((unit) => makingPage(release, unit)) : []),
    ...units.map((unit) => announcing(release, unit)),
  ];
  const free = await tagsFree(acting, landing, work);
  if (!free.ok) return free;
  const answered = await askAhead(acting, landing, work, {
    papers: pagesToCome ? papers : undefined,
    tag: options.tag,
  });
  if (!answered.ok) {
    hold(acting, effects);
    return answered;
  }
  const carried = await inTurn(acting, effects);
  return carried.ok ? succeed(result, carried.warnings) : carried;
}

async function inTurn(acting: Acting, effects: readonly Effect[]): Promise<Outcome<void>> {
  const { emit } = acting.session;
  const warnings: Diagnostic[] = [];
  for (const [at, effect] of effects.entries()) {
    const done = effect.done
      ? await task(emit, effect.id, effect.title, effect.run, (outcome) =>
          outcome.ok ? { title: effect.done?.() ?? effect.title } : { state: acting.asked ? "held" : "failed" },
        )
      : await effect.run();
    if (done.ok) {
      warnings.push(...done.warnings);
      continue;
    }
    hold(acting, effects.slice(at + 1));
    return done;
  }
  return succeed(undefined, warnings);
}

function hold({ session }: Acting, effects: readonly Effect[]): void {
  for (const { id, title } of effects) {
    session.emit({ type: "task.started", task: id, title });
    session.emit({ type: "task.finished", task: id, state: "held", title: `${title} waits` });
  }
}

/** The release commit, and its push. */
function landingEffects({ acting, landing, work, result }: Release): Effect[] {
  const { plan } = landing;
  return [
    {
      id: "release.commit",
      title: "release commit",
      done: () => `committed ${result.commit?.slice(0, 7)} to ${plan.branch}`,
      async run() {
        const commit = await commitRelease(acting, landing, work);
        if (commit.ok) result.commit = commit.value;
        return commit;
      },
    },
    {
      id: "release.push",
      title: `push ${plan.branch}`,
      done: () => `pushed ${plan.branch}`,
      run: () => pushCommit(acting, landing, result.commit ?? plan.commit),
    },
  ];
}

function tagging({ acting, landing, result }: Release, unit: ReleaseUnit): Effect {
  return {
    id: `release.tag.${unit.tag}`,
    title: `tag ${unit.tag}`,
    done: () => `tagged ${unit.tag}`,
    async run() {
      const tagged = await tagRelease(acting, landing, unit, result.commit ?? landing.plan.commit);
      if (tagged.ok) result.tags.push(unit.tag);
      return tagged;
    },
  };
}

function taggingBuilt({ acting, landing, work: { builtTag }, result }: Release): Effect[] {
  if (!builtTag) return [];
  return [
    {
      id: `release.tag.${builtTag.tag}`,
      title: `tag ${builtTag.tag}`,
      done: () => `tagged ${builtTag.tag}, with its built files`,
      async run() {
        const tagged = await makeBuiltTag(acting, landing, builtTag, result.commit ?? landing.plan.commit);
        if (tagged.ok) result.tags.push(builtTag.tag);
        return tagged;
      },
    },
  ];
}

function publishing({ acting, work, patience, result }: Release, unit: ReleaseUnit): Effect[] {
  return unit.packages
    .filter(({ publish }) => publish)
    .map((pkg) => ({
      id: `publish.${pkg.ecosystem}.${pkg.name}`,
      title: `${pkg.ecosystem} ${pkg.name} ${pkg.version}: publish`,
      async run() {
        const artifacts = work.artifacts.filter((one) => one.ecosystem === pkg.ecosystem && one.package === pkg.name);
        const published = await publishPackage(acting, { unit, pkg, artifacts }, patience);
        if (published.ok && published.value) result.published.push(published.value);
        return published;
      },
    }));
}

function makingPage({ acting, landing, work, papers, result }: Release, unit: ReleaseUnit): Effect {
  return {
    id: `release.page.${unit.tag}`,
    title: `GitHub release ${unit.tag}`,
    done: () =>
      result.pages.some(({ tag }) => tag === unit.tag)
        ? `GitHub release ${unit.tag} is public`
        : `GitHub release ${unit.tag} left out: no token`,
    async run() {
      const page = await pageOf(acting.session, unit, { ...papers, artifacts: work.artifacts });
      if (!page.ok) return page;
      const made = await releaseOnGitHub(acting, landing.git, page.value, result.commit ?? landing.plan.commit);
      if (made.ok && made.value !== undefined) result.pages.push({ tag: unit.tag, url: made.value });
      return made;
    },
  };
}

function announcing({ acting, landing, result }: Release, unit: ReleaseUnit): Effect {
  return {
    id: `announce.${unit.name}`,
    title: "announcement",
    async run() {
      const { published } = result;
      const announced = await announceRelease(acting, { ...unit, product: landing.plan.product, published });
      if (announced.ok) result.announced.push(...announced.value);
      return announced;
    },
  };
}
