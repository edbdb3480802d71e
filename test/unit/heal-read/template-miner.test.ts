import { describe, expect, test } from "vitest";
import { groupingAccuracy } from "../../../bench/logs/loghub.ts";
import { mineTemplates } from "../../../src/pillars/heal/read/template-miner.ts";

/** Messages as systems print them, each with the name of its statement. */
function grouped(messages: readonly (readonly [message: string, statement: string])[]) {
  const { groups, templates } = mineTemplates(messages.map(([message]) => message));
  const accuracy = groupingAccuracy(
    groups,
    messages.map(([, statement]) => statement),
  );
  return { accuracy, templates: groups.map((group) => templates[group]) };
}

describe("template miner", () => {
  test("sees numbers, addresses, ids, paths, sizes and dates as values in any system", () => {
    const { accuracy, templates } = grouped([
      ["Receiving block blk_-1608999687919862906 src: /10.250.19.102:54106 dest: /10.250.19.102:50010", "a"],
      ["Receiving block blk_7503483334202473044 src: /10.251.215.16:55695 dest: /10.251.215.16:50010", "a"],
      ["PacketResponder 1 for block blk_38865049064139660 terminating", "b"],
      ["PacketResponder 0 for block blk_-6952295868487656571 terminating", "b"],
      ["cache.example.org:443 close, 403 bytes sent, 18846 bytes (18.4 KB) received, lifetime <1 sec", "c"],
      ["cache.example.org:443 close, 1190 bytes (1.16 KB) sent, 426 bytes received, lifetime 01:02", "c"],
      ["connection from 24.54.76.216 (host.example.net) at Fri Jun 17 07:07:00 2005", "d"],
      ["connection from 222.33.90.199 () at Mon Jun 20 03:40:59 2005", "d"],
      ['acquire lock=23, tag="View Lock", ws=null', "e"],
      ['acquire lock=16, tag="AudioMix", ws=WorkSource{10113}', "e"],
      ["workerEnv.init() ok /etc/httpd/conf/workers2.properties", "f"],
    ]);
    expect(accuracy).toBe(1);
    expect(templates[2]).toBe("PacketResponder <*> for block <*> terminating");
  });

  test("a place that holds many words is a value, one that holds few is wording", () => {
    const users = ["root", "uucp", "git", "mysql"].map(
      (user) => [`Failed password for ${user} from 10.0.0.1 port 22 ssh2`, "user"] as const,
    );
    const links = ["alt0", "ee0"].map((name) => [`connection is available via interface ${name}`, name] as const);
    expect(grouped([...users, ...links]).accuracy).toBe(1);
  });

  test("a word known as a value in one statement is one after the same words in another", () => {
    const closed = ["cyrus", "news", "root", "test"].map((user) => [`session closed for user ${user}`, "c"] as const);
    const opened = ["news", "test"].map((user) => [`session opened for user ${user} by (uid=0)`, "o"] as const);
    expect(grouped([...closed, ...opened]).accuracy).toBe(1);
  });

  test("what happened is never a value: neither the first word nor a participle", () => {
    const happened = ["Started", "Paused", "Resumed", "Stopped", "Destroyed"];
    const events = happened.map((word) => [`[instance: 17] VM ${word} (Lifecycle Event)`, word] as const);
    const services = ["cupsd", "syslogd", "klogd", "portmap"].map(
      (name) => [`${name} startup succeeded`, name] as const,
    );
    expect(grouped([...events, ...services]).accuracy).toBe(1);
  });

  test("a word is a value as a whole where another message has only a value", () => {
    const { accuracy } = grouped([
      ["synchronized to 10.100.20.250, stratum 3", "a"],
      ["synchronized to LOCAL(0), stratum 10", "a"],
      ["synchronized to #3#, stratum 1", "a"],
    ]);
    expect(accuracy).toBe(1);
  });

  test("long lines without a space take no time to speak of", () => {
    // The processor's time: the clock's depends on what else the machine does.
    const before = process.cpuUsage();
    mineTemplates(["a".repeat(1e6), "a.".repeat(1e5), "/a".repeat(1e5), "a@".repeat(1e5), "0:".repeat(1e5)]);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(5000);
  });

  test("accuracy counts only groups that are right as a whole", () => {
    expect(groupingAccuracy([1, 1, 2, 3], ["a", "a", "b", "b"])).toBe(0.5);
  });
});
