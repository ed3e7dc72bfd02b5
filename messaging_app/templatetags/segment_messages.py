"""`{% recent_messages id %}`, `{% segment_message msgid %}`: messages on the page of a segment."""

from typing import Any

from django import template

from messaging_app.models import Message

RECENT = 20

register = template.Library()


@register.inclusion_tag("messages/_recent_messages.html", takes_context=True)
def recent_messages(context: dict[str, Any], element_id: str) -> dict[str, Any]:
    """A list to choose a msgid from; empty for those who may not see messages."""
    recent = Message.objects.only("msgid", "summary", "created_at")[:RECENT]
    return {"id": element_id, "recent": recent if _may_see(context) else ()}


@register.inclusion_tag("messages/_segment_message.html", takes_context=True)
def segment_message(context: dict[str, Any], msgid: str) -> dict[str, Any]:
    """What the message with that msgid is, for those who may see messages."""
    found = Message.objects.filter(msgid=msgid).only("msgid", "summary", "created_at")
    return {"message": found.first() if msgid and _may_see(context) else None}


def _may_see(context: dict[str, Any]) -> bool:
    return bool(context["request"].user.has_perm("messaging_app.view_message"))
