"""One count of a segment, in a process of its own; prints JSON."""

import json
import sys
import time

from bench.floors.segment import count
from channels_app.models import Channel
from users_app import segments
from users_app.models import Segment


def main(name: str, code: str, *conditions: str) -> None:
    """By `ours` or by the floor; `conditions` are the tag, the activity and the msgid."""
    tag, activity, msgid = conditions
    channel = Channel.objects.get(code=code)
    segment, _created = Segment.objects.get_or_create(
        name=" ".join(conditions),
        defaults={"tags_any": [tag], "activity": activity, "msgid": msgid},
    )
    segment.channels.set([channel])
    _touch()
    began = time.perf_counter()
    ours = name == "ours"
    people = segments.count(segment) if ours else count(tag, channel.pk, activity, msgid)
    sys.stdout.write(json.dumps({"seconds": time.perf_counter() - began, "people": people}))


def _touch() -> None:
    """Connects: that is no part of a count."""
    Segment.objects.exists()
