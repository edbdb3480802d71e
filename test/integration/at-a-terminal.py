"""Runs a program at a terminal of its own, types keys once it asks, and tells what the screen showed.

Standard input: JSON {command, prompt, keys}. Standard output: JSON {screen, code, echo}, where echo says whether the
terminal shows what is typed again once the program has ended.
"""

import json
import os
import pty
import select
import sys
import termios

given = json.load(sys.stdin)
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(given["command"][0], given["command"])
# Kept open: with its last holder the terminal's settings would be gone.
holder = os.open(os.ptsname(terminal), os.O_RDWR | os.O_NOCTTY)
screen = b""
typed = False
done = 0
while not done:
    os.set_blocking(terminal, False)
    try:
        screen += os.read(terminal, 65536)
    except BlockingIOError:
        done, status = os.waitpid(pid, os.WNOHANG)
        select.select([terminal], [], [], 0.05)
    if not typed and given["prompt"].encode() in screen:
        os.write(terminal, given["keys"].encode())
        typed = True
try:
    screen += os.read(terminal, 65536)
except BlockingIOError:
    pass
echo = bool(termios.tcgetattr(holder)[3] & termios.ECHO)
print(json.dumps({"screen": screen.decode(), "code": os.waitstatus_to_exitcode(status), "echo": echo}))
