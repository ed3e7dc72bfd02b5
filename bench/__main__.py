"""`./dev bench [NAME…]`: figures as one JSON object a line on stdout, progress on stderr."""

import os
import signal
import sys
from collections.abc import Sequence

from bench import benchmarks
from bench.figures import BenchError, say
from ums.local.stack import StackError


def main(wanted: Sequence[str]) -> int:
    known = benchmarks.names()
    if unknown := [name for name in wanted if name not in known]:
        say(f"There is no benchmark “{unknown[0]}”; there are: {', '.join(known)}.")
        return 2
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    if load > processors / 2:
        say(f"The machine is busy (load {load:.1f} on {processors} processors): expect noise.")
    try:
        for name in wanted or known:
            for figure in benchmarks.figures_of(name):
                sys.stdout.write(figure.line() + "\n")
                sys.stdout.flush()
    except (BenchError, StackError) as exc:
        say(str(exc))
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    return 0


def _interrupt(*_signal: object) -> None:
    # Once: what we started must be ended, however impatient somebody is.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
