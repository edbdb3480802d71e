import type { Emit, Event, GateAnswer } from "../../core/events.ts";
import { terminalText, withoutCiCommands } from "../../core/terminal-text.ts";
import { pc } from "./colours.ts";
import { renderDiagnostics } from "./diagnostics.ts";

/** Draws events while a step runs. `close` must be called before anything else is printed. */
export interface Renderer {
  readonly emit: Emit;
  close(): void;
}

export const STATE_MARK = {
  done: pc.green("✔"),
  failed: pc.red("✗"),
  skipped: pc.dim("↷"),
  held: pc.yellow("●"),
  planned: pc.cyan("◇"),
} as const;

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/**
 * One line for each finished task, in the order they finish. On a terminal the tasks under way are drawn below it with
 * a spinner and their newest progress text; without one (`live: false`) only whole lines are written.
 */
export async function createRenderer(options: {
  readonly out: NodeJS.WriteStream;
  readonly live: boolean;
  /** Also shows the output of product commands. */
  readonly verbose: boolean;
  /** A CI system reads along: no line may be a command to it. */
  readonly inCi: boolean;
}): Promise<Renderer> {
  const { out, live } = options;
  const running = new Map<string, { title: string; text: string; since: number }>();
  // Only a terminal pays for what measures and redraws its lines.
  const area = live ? (await import("log-update")).createLogUpdate(out, { showCursor: true }) : undefined;
  let frame = 0;
  const draw = () => {
    if (!area) return;
    if (running.size === 0) {
      area.clear();
      return;
    }
    const spinner = pc.cyan(FRAMES[frame % FRAMES.length] ?? "");
    area(
      [...running.values()]
        .map(({ title, text, since }): string => {
          const seconds = Math.floor((performance.now() - since) / 1000);
          return terminalText(
            `${spinner} ${title}${text ? pc.dim(`  ${text}`) : ""}${seconds >= 2 ? pc.dim(`  ${seconds} s`) : ""}`,
          );
        })
        .join("\n"),
    );
  };
  const timer = live
    ? setInterval(() => {
        frame++;
        draw();
      }, 100)
    : undefined;
  timer?.unref();
  const print = (...lines: readonly string[]) => {
    area?.clear();
    for (const line of lines) {
      const text = terminalText(line);
      out.write(`${options.inCi ? withoutCiCommands(text) : text}\n`);
    }
    draw();
  };
  const emit = (event: Event) => {
    switch (event.type) {
      case "run.started":
      case "run.finished":
        break;
      case "task.started":
        running.set(event.task, { title: event.title, text: "", since: performance.now() });
        draw();
        break;
      case "task.progress": {
        const task = running.get(event.task);
        if (task) task.text = event.text;
        draw();
        break;
      }
      case "task.finished": {
        const title = event.title ?? running.get(event.task)?.title ?? event.task;
        running.delete(event.task);
        print(`${STATE_MARK[event.state]} ${withDuration(title, event.durationMs)}`);
        break;
      }
      case "gate":
        print(`  ${renderGate(event.gate)}`);
        break;
      case "output":
        if (event.asked) print(event.line);
        else if (options.verbose) print(`  ${pc.dim(event.line)}`);
        break;
      case "diagnostic":
        print(...renderDiagnostics([event.diagnostic]));
        break;
    }
  };
  return {
    emit,
    close() {
      clearInterval(timer);
      area?.clear();
      area?.done();
    },
  };
}

/** "allowed package.publish by releases-from-main". */
export function renderGate(gate: GateAnswer): string {
  const by = gate.rule ? ` by ${gate.rule}` : "";
  if (gate.answer === "allow") return `${pc.green("◆")} ${pc.dim(`${gate.action} allowed${by}`)}`;
  if (gate.answer === "ask") return `${pc.yellow("◆")} ${gate.action} needs approval${by}: ${gate.reason}`;
  return `${pc.red("◆")} ${gate.action} denied${by}: ${gate.reason}`;
}

const DURATION_COLUMN = 64;

function withDuration(title: string, durationMs: number | undefined): string {
  if (durationMs === undefined || title.includes("\n")) return title;
  return `${title.padEnd(DURATION_COLUMN)}  ${pc.dim(`${(durationMs / 1000).toFixed(1)} s`)}`;
}
