"""`{% timeline end_user %}`: the messages to a person, on the person's page."""

from typing import Any

from django import template
from django.core.paginator import Paginator

from messaging_app.timeline import entries, entry
from users_app.models import EndUser

ENTRIES_PER_PAGE = 25

register = template.Library()


@register.inclusion_tag("messages/_timeline.html", takes_context=True)
def timeline(context: dict[str, Any], end_user: EndUser) -> dict[str, Any]:
    """Nothing, for those who may not see messages."""
    request = context["request"]
    if not request.user.has_perm("messaging_app.view_message"):
        return {}
    page = Paginator(entries(end_user), ENTRIES_PER_PAGE).get_page(request.GET.get("page"))
    return {"page": page, "entries": [entry(end_user, delivery) for delivery in page]}
