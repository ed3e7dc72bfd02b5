"""One contestant of `expand`, in a process of its own: what it took to write one ledger."""

import json
import sys
import time
from pathlib import Path

from bench.floors.expand import insert_select, ready_rows
from bench.memory import peak_mb, watched
from channels_app.models import Channel
from messaging_app.audience import Audience
from messaging_app.expansion import expand
from messaging_app.submission import submit

CONTESTANTS = {"ours": expand, "insert_select": insert_select, "ready_rows": ready_rows}


def main(name: str, code: str) -> None:
    """Accept a message to everyone in the channel `code`, then expand it; prints JSON."""
    message = submit(
        audience=Audience(everyone=True),
        content={"platform": "all", "notification": {"alert": "Benchmark"}},
        channels=[Channel.objects.get(code=code)],
    )
    contestant = CONTESTANTS[name]
    process = Path("/proc/self")
    with watched(process) as private_mb:
        began = time.perf_counter()
        contestant(message.pk)
        seconds = time.perf_counter() - began
    took = {"seconds": seconds, "peak_mb": peak_mb(process), "private_mb": max(private_mb)}
    sys.stdout.write(json.dumps(took))
