import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { buildDocs } from "../pillars/docs/build.ts";
import { defineStep } from "./definition.ts";

export const docsStep = defineStep({
  name: "docs",
  jenkinsName: "monkeysDocs",
  summary: "Build the product's documentation strictly",
  description:
    "Builds the MkDocs site with `--strict`: a broken link, a missing page or an unknown option fails. MkDocs comes by name into a private Python environment. With `--site-dir` the site is written into the work tree.",
  examples: [{ command: "codemonkeys docs --site-dir site", says: "build it into site/" }],
  params: z.object({
    site_dir: z
      .string()
      .optional()
      .describe("where to write the site, relative to the product; only checked without it"),
  }),
  result: z.object({ site: z.enum(["mkdocs", "none"]), pages: z.int(), site_dir: z.string().optional() }),
  credentials: [],
  tools: ["python3", "mkdocs"],
  actions: [],
  retryOnAgentLoss: true,
  needs: "product",
  async run(session, { site_dir }) {
    const built = await buildDocs(session, { siteDir: site_dir });
    if (!built.ok) return built;
    const { site, pages, site_dir: written } = built.value;
    return succeed({
      data: { site, pages, ...(written ? { site_dir: written } : {}) },
      summary: site === "none" ? "the spec asks for no documentation site" : `${pages} pages build strictly`,
      display: site === "none" ? ["the spec asks for no documentation site"] : [],
    });
  },
});
