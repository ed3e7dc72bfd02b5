"""A segment in words: what each of its people has, one sentence for each condition."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from users_app.models import Segment


def conditions(segment: Segment) -> list[str]:
    """Reads the segment's channels."""
    return [*_names(segment), *_times(segment), *_message(segment)]


def _names(segment: Segment) -> list[str]:
    parts = [
        (_("Any of the tags %(names)s"), segment.tags_any),
        (_("All of the tags %(names)s"), segment.tags_all),
        (_("None of the tags %(names)s"), segment.tags_none),
        (_("A device in %(names)s"), [channel.name for channel in segment.channels.all()]),
    ]
    return [words % {"names": ", ".join(names)} for words, names in parts if names]


def _times(segment: Segment) -> list[str]:
    sentences = []
    if day := segment.registered_since:
        words = _("Registered on or after %(date)s")
        sentences.append(words % {"date": date_format(day, "SHORT_DATE_FORMAT")})
    if days := segment.registered_within_days:
        sentences.append(
            ngettext(
                "Registered within the last day", "Registered within the last %(days)d days", days
            )
            % {"days": days}
        )
    if days := segment.seen_within_days:
        sentences.append(
            ngettext("Seen within the last day", "Seen within the last %(days)d days", days)
            % {"days": days}
        )
    if days := segment.unseen_for_days:
        sentences.append(
            ngettext("Not seen for a day", "Not seen for %(days)d days", days) % {"days": days}
        )
    return sentences


def _message(segment: Segment) -> list[str]:
    if not segment.activity:
        return []
    words = {
        Segment.Activity.RECEIVED: _("Received the message %(msgid)s"),
        Segment.Activity.CLICKED: _("Clicked the message %(msgid)s"),
        Segment.Activity.NOT_CLICKED: _("Did not click the message %(msgid)s"),
    }
    return [words[Segment.Activity(segment.activity)] % {"msgid": segment.msgid}]
