"""Keeps a service running where there is no systemd, and is the front of its two slots. Needs Python 3.9 and nothing else.

    service_runner.py start CONFIG     in the background; done when it is started already with this configuration
    service_runner.py stop CONFIG      with all its processes
    service_runner.py status CONFIG    exit code 0: it runs with this configuration; 3: it does not
    service_runner.py run CONFIG       in the foreground
    service_runner.py front PORT LIVE  takes requests on PORT to the port that the file LIVE names, read anew for each;
                                       a canary that it names gets its share of them

CONFIG is JSON: argv, cwd, env, log, pid (a file that is locked while it runs).
"""

import asyncio
import contextlib
import fcntl
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time

LONGEST_PAUSE = 30
GRACE = 10
CONNECT_ATTEMPTS = 10


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def fingerprint(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def holder(pid_file):
    """Process id and configuration of who holds the lock; None when nobody does."""
    try:
        file = open(pid_file, "r+", encoding="utf-8")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            words = file.read().split()
            return (int(words[0]), words[1]) if len(words) == 2 else (0, "")
        return None


def run(path):
    """Runs the command, and again when it ends by itself, after a pause that grows."""
    config = read(path)
    lock = open(config["pid"], "a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 1
    lock.seek(0)
    lock.truncate()
    lock.write(f"{os.getpid()} {fingerprint(path)}")
    lock.flush()
    child = None
    stopping = False

    def stop(*_):
        nonlocal stopping
        stopping = True
        if child is not None and child.poll() is None:
            end(child)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    pause = 1
    while not stopping:
        began = time.monotonic()
        with open(config["log"], "ab") as log:
            try:
                child = subprocess.Popen(
                    config["argv"],
                    cwd=config["cwd"],
                    env={"PATH": os.environ.get("PATH", os.defpath), "HOME": config["cwd"], **config["env"]},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                code = child.wait()
                end(child)
            except OSError as error:
                code = error
            if stopping:
                break
            log.write(f"service_runner: it ended ({code})\n".encode())
        if time.monotonic() - began > 60:
            pause = 1
        until = time.monotonic() + pause
        while not stopping and time.monotonic() < until:
            time.sleep(0.1)
        pause = min(pause * 2, LONGEST_PAUSE)
    return 0


def end(child):
    """Ends the command's whole process group, gently first."""
    for which, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, GRACE)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, which)
        until = time.monotonic() + patience
        while time.monotonic() < until:
            child.poll()
            try:
                os.killpg(child.pid, 0)
            except (ProcessLookupError, PermissionError):
                return
            time.sleep(0.05)


def start(path):
    held = holder(read(path)["pid"])
    if held is not None:
        if held[1] == fingerprint(path):
            return 0
        stop(path)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nothing, stream)
            os.closerange(3, 256)
            os.chdir("/")
            os._exit(run(path))
        os._exit(0)
    os.wait()
    until = time.monotonic() + GRACE
    while time.monotonic() < until:
        if holder(read(path)["pid"]) is not None:
            print("started")
            return 0
        time.sleep(0.05)
    print("it did not start", file=sys.stderr)
    return 1


def stop(path):
    if not os.path.exists(path):
        return 0
    pid_file = read(path)["pid"]
    until = time.monotonic() + 3 * GRACE
    asked = False
    while True:
        held = holder(pid_file)
        if held is None:
            if asked:
                print("stopped")
            return 0
        if held[0] and not asked:
            asked = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(held[0], signal.SIGTERM)
        if time.monotonic() > until:
            print(f"process {held[0]} does not end", file=sys.stderr)
            return 1
        time.sleep(0.05)


def status(path):
    held = holder(read(path)["pid"]) if os.path.exists(path) else None
    return 0 if held is not None and held[1] == fingerprint(path) else 3


async def copy(source, sink):
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
    except (ConnectionError, OSError):
        sink.close()


def one_request(head):
    """The head of a request with `Connection: close`, so that its connection ends with its answer: a connection that is
    kept alive would tie a client to a slot that is about to stop. `Connection` is the proxy's own to say (RFC 9110,
    7.6.1). An upgrade (a web socket), and what is not HTTP/1, is passed on as it is."""
    lines = head.split(b"\r\n")
    if not re.search(rb" HTTP/1\.[01]$", lines[0]) or re.search(rb"(?im)^upgrade *:", head):
        return head
    kept = [line for line in lines[1:-2] if not re.match(rb"(?i)(connection|keep-alive|proxy-connection) *:", line)]
    return b"\r\n".join([lines[0], *kept, b"Connection: close", b"", b""])


async def head_of(reader):
    """What a client sends first, up to the blank line; less when it ends or sends something else than a request."""
    try:
        return one_request(await reader.readuntil(b"\r\n\r\n"))
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError as error:
        return await reader.read(error.consumed)


class Shares:
    """Whose turn it is: exactly `share` of a hundred requests are the canary's, evenly spread."""

    def __init__(self):
        self.owed = 0

    def ports(self, live):
        """The port for the next request, and where that one does not answer the other one."""
        stable = int(live["port"])
        canary = live.get("canary")
        if not canary:
            return [stable]
        self.owed += int(canary["share"])
        if self.owed < 100:
            return [stable]
        self.owed -= 100
        return [int(canary["port"]), stable]


async def open_live(live, shares):
    """A connection to the slot whose turn it is. A refused one is tried again: the slot may have changed since the file
    was read. A canary that takes none leaves its requests to the live slot."""
    for attempt in range(CONNECT_ATTEMPTS):
        try:
            *first, last = shares.ports(read(live))
            for port in first:
                with contextlib.suppress(OSError):
                    return await asyncio.open_connection("127.0.0.1", port)
            return await asyncio.open_connection("127.0.0.1", last)
        except (OSError, ValueError, KeyError):
            if attempt == CONNECT_ATTEMPTS - 1:
                raise
            await asyncio.sleep(0.1)


async def serve(port, live):
    shares = Shares()

    async def taken(reader, writer):
        try:
            head = await head_of(reader)
            if not head:
                return
            other, back = await open_live(live, shares)
            back.write(head)
            await asyncio.gather(copy(reader, back), copy(other, writer))
            back.close()
        except (OSError, ValueError, KeyError):
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        finally:
            writer.close()

    server = await asyncio.start_server(taken, None, port)
    async with server:
        await server.serve_forever()


def main(arguments):
    if len(arguments) == 3 and arguments[0] == "front":
        asyncio.run(serve(int(arguments[1]), arguments[2]))
        return 0
    commands = {"start": start, "stop": stop, "status": status, "run": run}
    if len(arguments) != 2 or arguments[0] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    return commands[arguments[0]](arguments[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
