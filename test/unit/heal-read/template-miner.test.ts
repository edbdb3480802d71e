import { describe, expect, test } from "vitest";
import { groupingAccuracy } from "../../../bench/logs/loghub.ts";
import { createTemplateMiner } from "../../../src/pillars/heal/read/template-miner.ts";

// Messages of four systems as they are printed, each with the template it comes from.
const MESSAGES: readonly (readonly [string, string])[] = [
  ["Receiving block blk_-1608999687919862906 src: /10.250.19.102:54106 dest: /10.250.19.102:50010", "a"],
  ["Receiving block blk_7503483334202473044 src: /10.251.215.16:55695 dest: /10.251.215.16:50010", "a"],
  ["PacketResponder 1 for block blk_38865049064139660 terminating", "b"],
  ["PacketResponder 0 for block blk_-6952295868487656571 terminating", "b"],
  ["Failed password for root from 183.62.140.253 port 60700 ssh2", "c"],
  ["Failed password for fztu from 119.137.62.142 port 49116 ssh2", "c"],
  ["Connection closed by 212.47.254.145 [preauth]", "d"],
  ["Connection closed by 173.234.31.186 [preauth]", "d"],
  ["Found block rdd_2_0 locally", "e"],
  ["Found block rdd_42_17 locally", "e"],
  ["jk2_init() Found child 6725 in scoreboard slot 10", "f"],
  ["jk2_init() Found child 2085 in scoreboard slot 7", "f"],
  ["workerEnv.init() ok /etc/httpd/conf/workers2.properties", "g"],
];

describe("template miner", () => {
  test("groups messages of several systems by their template with one configuration", () => {
    const miner = createTemplateMiner();
    const groups = MESSAGES.map(([message]) => miner.add(message));
    expect(
      groupingAccuracy(
        groups,
        MESSAGES.map(([, label]) => label),
      ),
    ).toBe(1);
    expect(miner.template(groups[2]!)).toBe("PacketResponder <*> for block <*> terminating");
  });

  test("accuracy counts only groups that are right as a whole", () => {
    expect(groupingAccuracy([1, 1, 2, 3], ["a", "a", "b", "b"])).toBe(0.5);
  });
});
