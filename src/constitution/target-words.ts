import type { ActionName } from "../core/action.ts";
import type { Json } from "../core/canonical.ts";

/** What of a target tells a person what was acted on; the digests beside it are for `verify`. */
const WORDS: Readonly<Record<ActionName, string>> = {
  "git.commit": "on {branch}",
  "git.push": "{ref} to {remote}",
  "pr.open": "{branch} into {into}",
  "pr.close": "#{number}",
  "pr.comment": "#{number}",
  "release.tag": "{tag}",
  "forge.release": "{tag}",
  "package.publish": "{name} {version} to {registry}",
  "package.retract": "{name} {version} from {registry}",
  "service.deploy": "{service} to {environment} on {hosts}",
  "service.withdraw": "{service} in {environment} on {hosts}",
  "host.provision": "{role} on {hosts}",
  "infra.apply": "to {environment}",
  "browser.run": "at {origins}",
  "announce.post": "by {channel} to {to}",
  "webhook.send": "to {to}",
  "secret.read": "{names}",
  "secret.write": "{names} to {path}",
  "model.ask": "{model} at {endpoint}",
  "repo.create": "{owner}/{name}",
  "files.generate": "{paths}",
  "ci.trigger": "{job}",
  "ci.cancel": "{job} {build}",
};

/** Of a list, so many are named. */
const NAMED = 3;

/** A logged target in a few words; empty for what an older or newer program logged otherwise. */
export function targetWords(action: string, target: Json | undefined): string {
  if (!Object.hasOwn(WORDS, action) || typeof target !== "object" || target === null || Array.isArray(target))
    return "";
  let whole = true;
  const words = WORDS[action as ActionName].replaceAll(/\{(\w+)\}/g, (_, key: string) => {
    const word = shown((target as Readonly<Record<string, Json | undefined>>)[key]);
    whole &&= word !== "";
    return word;
  });
  return whole ? words : "";
}

function shown(value: Json | undefined): string {
  if (typeof value === "string" || typeof value === "number") return String(value);
  if (!Array.isArray(value)) return "";
  const more = value.length - NAMED;
  return `${value.slice(0, NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
