"""How much memory processes have, as the benchmarks see it."""

import os
import subprocess
import sys
import time

from bench.memory import family_memory, watched_family

HOLDER = """
import subprocess, sys
held = bytearray(40 * 1024 * 1024)
for n in range(0, len(held), 4096):
    held[n] = 1
child = sys.argv[1:] and subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=sys.stdin)
print(flush=True)
sys.stdin.read()
"""


def test_a_process_is_counted_with_all_that_it_has_started() -> None:
    with watched_family(os.getpid()) as seen:
        before = family_memory(os.getpid())
        with subprocess.Popen(
            [sys.executable, "-c", HOLDER, HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as parent:
            assert parent.stdout is not None
            for _process in range(2):
                parent.stdout.readline()
            during = family_memory(os.getpid())
            time.sleep(0.6)
        after = family_memory(os.getpid())

    assert 80 < during.private_mb - before.private_mb < 130
    assert during.all_mb > during.private_mb
    assert after.private_mb < before.private_mb + 20
    assert max(each.private_mb for each in seen) > before.private_mb + 80
