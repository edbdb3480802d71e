import { stringify } from "yaml";
import { PRIORITIES, type Priority } from "../swarm/states.ts";

/** Priority Sorter counts from 1, the most urgent; 3, in the middle, is what a job has of which nobody says more. */
export const SORTED_AS: Readonly<Record<Priority, number>> = { critical: 1, high: 2, medium: 3, low: 4 };

/**
 * Job groups for the Priority Sorter plugin, which a Jenkinsfile cannot set: one for each product to which fleet.yaml gives
 * a priority, and one for all others, whose own pipelines may say it (`monkeysPipeline` does, by the job's property).
 */
export function prioritySection(
  products: readonly { readonly folder: string; readonly priority?: Priority | undefined }[],
): string[] {
  const said = products.flatMap(({ folder, priority }) => (priority === undefined ? [] : [{ folder, priority }]));
  const sorted = said.sort((a, b) => PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority));
  const groups = [
    ...sorted.map(({ folder, priority }) => ({
      description: `${folder}: ${priority}`,
      priority: SORTED_AS[priority],
      // The plugin compares beginnings: without the slash this would be other products' too.
      jobGroupStrategy: { folderBased: { folderName: `${folder}/` } },
    })),
    {
      description: "all others: as their own pipelines say",
      priority: SORTED_AS.medium,
      usePriorityStrategies: true,
      priorityStrategies: [{ priorityStrategy: { id: 0, priorityStrategy: "jobPropertyStrategy" } }],
      jobGroupStrategy: "allJobs",
    },
  ];
  const jobGroups = groups.map((group, id) => ({ id, ...group }));
  return stringify({ unclassified: { priorityConfiguration: { jobGroups } } })
    .trimEnd()
    .split("\n");
}
