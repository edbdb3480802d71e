/** One change to what a process sees of the file system. */
export type Mount =
  | { readonly kind: "hide"; readonly path: string; readonly directory: boolean }
  /** An empty, writable directory in the place of another: a private /tmp. */
  | { readonly kind: "replace"; readonly path: string; readonly by: string }
  /** Stays visible even below a hidden or replaced directory. */
  | { readonly kind: "keep"; readonly path: string; readonly directory: boolean; readonly readOnly: boolean };

/**
 * The shell script that makes the mounts and then starts the product's shell with no right to undo them. Every path in
 * `mounts` exists and is real (no symbolic links). A directory is handled before what is in it; at the same path,
 * hiding comes before keeping.
 *
 * What is kept, or put in a place, is first bound below a staging directory, since hiding its parents would lose it.
 * That directory is mounted over /sys, the one place where nothing that is hidden or kept can lie, and is taken away
 * again at the end.
 */
export function mountScript(
  mounts: readonly Mount[],
  options: { loopback: boolean; inner: readonly string[]; readyFile: string },
): string {
  const { loopback, inner, readyFile } = options;
  const stage = "/sys";
  const rank = { hide: 0, replace: 0, keep: 1 };
  const ordered = [...mounts].sort((a, b) => a.path.length - b.path.length || rank[a.kind] - rank[b.kind]);
  const lines = [
    "set -eu",
    // Opened now, since its place may be hidden later; what is in it afterwards tells a failed set-up from a failed command.
    `exec 9> ${sh(readyFile)}`,
    `mount -t tmpfs -o size=64k,mode=0755 none ${sh(stage)}`,
    `: > ${sh(`${stage}/empty`)}`,
  ];
  const staged = new Map<Mount, string>();
  for (const mount of ordered) {
    if (mount.kind === "hide") continue;
    const at = `${stage}/${staged.size}`;
    staged.set(mount, at);
    const [from, directory] = mount.kind === "keep" ? [mount.path, mount.directory] : [mount.by, true];
    lines.push(directory ? `mkdir ${sh(at)}` : `: > ${sh(at)}`, `mount --rbind ${sh(from)} ${sh(at)}`);
  }
  const sealed: string[] = [];
  for (const mount of ordered) {
    const path = sh(mount.path);
    // What lies below a place that was hidden or replaced before is gone with it, and needs no hiding of its own.
    if (mount.kind === "hide" && mount.directory) {
      // Mode 0755 only while what is kept below gets its mount points; sealed read-only at the end.
      const hidden = `hidden${sealed.length}`;
      lines.push(
        `${hidden}=; if test -e ${path}; then mount -t tmpfs -o size=64k,mode=0755 none ${path}; ${hidden}=1; fi`,
      );
      sealed.push(mount.path);
    } else if (mount.kind === "hide") {
      lines.push(`if test -e ${path}; then mount --bind ${sh(`${stage}/empty`)} ${path}; fi`);
    } else {
      const parent = mount.path.slice(0, mount.path.lastIndexOf("/")) || "/";
      const directory = mount.kind === "replace" || mount.directory;
      const point = directory ? `mkdir -p ${path}` : `mkdir -p ${sh(parent)}; test -e ${path} || : > ${path}`;
      lines.push(`if ! test -e ${path}; then ${point}; fi`, `mount --rbind ${sh(staged.get(mount) as string)} ${path}`);
      if (mount.kind === "keep" && mount.readOnly) lines.push(readOnly(mount.path));
    }
  }
  for (const [index, path] of sealed.entries()) {
    lines.push(`if test -n "$hidden${index}"; then ${readOnly(path)}; fi`);
  }
  lines.push(`umount -l ${sh(stage)}`);
  if (loopback) {
    lines.push(
      `ip link set lo up 2>/dev/null || ifconfig lo up 2>/dev/null || python3 -c ${sh(LOOPBACK_UP)} 2>/dev/null || :`,
    );
  }
  // The working directory was opened before the mounts; entering it again goes through them.
  lines.push(
    `cd "$1"`,
    "echo ready >&9",
    "exec 9>&-",
    "set +e",
    `${inner.map(sh).join(" ")} sh -c "$2"`,
    "exit $?",
    "",
  );
  return lines.join("\n");
}

/**
 * In a user namespace a remount must repeat the flags it may not drop; the ladder goes from few to many. Always by
 * `bind`: a remount of the file system itself would repeat a tmpfs's owner, which an ordinary user's namespace refuses.
 */
function readOnly(path: string): string {
  const tries = ["", ",nosuid,nodev", ",nosuid,nodev,noexec", ",nosuid,nodev,relatime", ",nosuid,nodev,noatime"];
  const ladder = tries.map((flags) => `mount -o remount,bind,ro${flags} ${sh(path)} 2>/dev/null`);
  return [...ladder, `{ echo ${sh(`${path} cannot be made read-only`)} >&2; exit 1; }`].join(" || ");
}

/** SIOCSIFFLAGS with IFF_UP|IFF_RUNNING, for machines without iproute2 and net-tools. */
const LOOPBACK_UP =
  "import fcntl,socket,struct;s=socket.socket();fcntl.ioctl(s,0x8914,struct.pack('16sh14x',b'lo',0x41))";

/** A word as the shell reads it literally. */
export function sh(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
