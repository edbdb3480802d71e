import { readdir, readFile } from "node:fs/promises";

/**
 * Ends what a command left running outside its process group (`setsid`), where there is no pid namespace to take care
 * of that: every process whose environment carries the marker. Linux only; elsewhere nothing is found.
 */
export async function endStrays(marker: string): Promise<number[]> {
  const ended: number[] = [];
  for (const pid of await pids()) {
    if (pid === process.pid || !(await environmentOf(pid)).split("\0").includes(marker)) continue;
    try {
      process.kill(pid, "SIGKILL");
      ended.push(pid);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
  return ended;
}

async function pids(): Promise<number[]> {
  if (process.platform !== "linux") return [];
  return (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
}

async function environmentOf(pid: number): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/environ`, "latin1");
  } catch (error) {
    // Gone meanwhile, or another user's: neither is ours to end.
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
    throw error;
  }
}
