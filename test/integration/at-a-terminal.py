"""Runs a program at a terminal of its own, types keys once it asks, and tells what the screen showed.

Standard input: JSON {command, prompt, keys}. Standard output: JSON {screen, code, echo}, where echo says whether the
terminal shows what is typed again once the program has ended.
"""

import json
import os
import select
import subprocess
import sys
import termios

given = json.load(sys.stdin)
terminal, program_side = os.openpty()
program = subprocess.Popen(
    given["command"], stdin=program_side, stdout=program_side, stderr=program_side, start_new_session=True
)
screen = b""
typed = False
while True:
    ended = program.poll() is not None
    while select.select([terminal], [], [], 0.05)[0]:
        screen += os.read(terminal, 65536)
    if ended:
        break
    if not typed and given["prompt"].encode() in screen:
        os.write(terminal, given["keys"].encode())
        typed = True
echo = bool(termios.tcgetattr(program_side)[3] & termios.ECHO)
print(json.dumps({"screen": screen.decode(), "code": program.returncode, "echo": echo}))
