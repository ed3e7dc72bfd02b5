"""An audience in words, for the people who send and approve."""

from django.utils.translation import gettext as _

from messaging_app.audience import Audience
from messaging_app.reports import devices, people
from users_app import segment_words
from users_app.models import Segment

NAMES_SHOWN = 20


def audience_words(audience: Audience) -> str:
    return "; ".join([*_asked_for(audience), *_narrowed_by(audience)])


def _asked_for(audience: Audience) -> list[str]:
    if audience.everyone:
        return [_("Everyone with a device in these channels")]
    if audience.registration_ids:
        named_devices = devices(len(audience.registration_ids))
        return [_("%(devices)s named by registrationID") % {"devices": named_devices}]
    parts = []
    if audience.userids:
        named = {"people": people(len(audience.userids)), "userids": _some(audience.userids)}
        parts.append(_("%(people)s named by userid: %(userids)s") % named)
    if audience.tags:
        parts.append(_("people with any of these tags: %(tags)s") % {"tags": _some(audience.tags)})
    if audience.segments:
        parts.append(_("people in the segment %(ids)s") % {"ids": _segments(audience.segments)})
    return parts


def _segments(ids: tuple[int, ...]) -> str:
    """By id, which outlives the segment, and by name and conditions as they are now."""
    known = Segment.objects.with_channels().in_bulk(ids)
    return ", ".join(_segment(known[pk]) if pk in known else str(pk) for pk in ids)


def _segment(segment: Segment) -> str:
    return f"{segment.pk}, {segment.name} ({'; '.join(segment_words.conditions(segment))})"


def _narrowed_by(audience: Audience) -> list[str]:
    parts = []
    if audience.block_list:
        parts.append(_("nobody on the block list %(id)d") % {"id": audience.block_list})
    if audience.allow_list:
        parts.append(_("only people on the allow list %(id)d") % {"id": audience.allow_list})
    return parts


def _some(names: tuple[str, ...]) -> str:
    return ", ".join([*names[:NAMES_SHOWN], *(["…"] if len(names) > NAMES_SHOWN else [])])
