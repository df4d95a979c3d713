"""A process that looks for patterns in texts, one after the other, until its input ends. Run as a script by patterns.py.

May be changed: what is looked for. It imports nothing of the project, so that a new one is ready at once after one was ended.
Each piece of work: two lengths, the pattern, the text; each answer: one byte, 1 found, 0 not found.
"""

import os
import re
import resource
import signal
import struct
import sys
from typing import Final

LENGTHS: Final = struct.Struct("!II")
SECONDS: Final = 5  # longer than patterns.py lets it work: only a worker whose agent was killed gets this far
MOST_MEMORY: Final = 512 * 1024 * 1024


def main() -> None:
    os.nice(10)  # an evil pattern takes a whole core until it is ended; the measuring comes first
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    work, answers = sys.stdin.buffer, sys.stdout.buffer
    while len(head := work.read(LENGTHS.size)) == LENGTHS.size:
        pattern, text = (work.read(length).decode("utf-8", "replace") for length in LENGTHS.unpack(head))
        # the system ends the process by itself: nothing of Python's could break off a search under way
        signal.alarm(SECONDS)
        found = re.search(pattern, text) is not None
        signal.alarm(0)
        answers.write(b"1" if found else b"0")
        answers.flush()


if __name__ == "__main__":
    main()
