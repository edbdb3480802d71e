import { join, relative } from "node:path";
import pc from "picocolors";
import type { StepResult } from "../src/core/result.ts";
import { git, type Layout } from "./layout.ts";

export interface Story {
  readonly npmUrl: string;
  readonly pypiUrl: string;
  readonly webhookLog: string;
  readonly products: ProductStory[];
}

export interface ProductStory {
  readonly name: string;
  readonly broken: { readonly commit: string; readonly message: string };
  readonly red: StepResult;
  readonly heal: StepResult;
  readonly green: StepResult;
  release?: StepResult;
}

/** What a person reads in a minute: what broke, what fixed it, what was released, where; and how to look further. */
export async function renderSummary(
  story: Story,
  options: { readonly layout: Layout; readonly minutes: number; readonly dir: string },
): Promise<string[]> {
  const lines = ["", pc.bold(`The whole loop took ${options.minutes.toFixed(1)} minutes.`), ""];
  for (const entry of story.products) {
    lines.push(pc.bold(entry.name));
    const part = (word: string, text: string) => lines.push(`  ${pc.dim(word.padEnd(9))} ${text}`);
    part("broke", `${entry.broken.commit.slice(0, 7)} ${entry.broken.message}`);
    const [healed = "", cause = ""] = firstLines(entry.heal.summary, 2);
    part("cause", cause.replace(/^cause: /, ""));
    part("healed", healed.replace(/^healed /, ""));
    for (const line of firstLines(entry.release?.summary ?? "", 3)) part("released", line);
    const log = await git(join(options.layout.products, entry.name), [
      "log",
      "--oneline",
      "--decorate-refs=refs/tags",
      "--decorate=short",
      "-4",
      "origin/main",
    ]);
    part("history", log.split("\n").join(`\n${" ".repeat(12)}`));
    lines.push("");
  }
  const at = (path: string) => `cd ${join(options.dir, path)}`;
  lines.push(
    pc.bold("Look around; each command works by itself in that folder:"),
    `  ${at(".")} && ./codemonkeys status`,
    `  ${at(".")} && ./codemonkeys audit show`,
    `  ${at("products/harbour-tides")} && ../../codemonkeys run`,
    `  ${at("products/harbour-tides")} && ../../codemonkeys release --dry-run`,
    `  ${at("products/harbour-tolls")} && ../../codemonkeys constitution explain package.publish`,
    pc.dim(
      `  npm start -- --keep-serving leaves the registries up; announcements are kept in ${join(options.dir, relative(options.layout.root, story.webhookLog))}.`,
    ),
  );
  return lines;
}

function firstLines(text: string, count: number): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/^[#\-*\s]+/, "").replaceAll("**", ""))
    .filter((line) => line.trim() !== "")
    .slice(0, count);
}
