"""Turns a stored template and one call's values into the content of a message."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from messaging_app.app_para import AppPara
from messaging_app.models import Template
from messaging_app.template_text import fill, variables
from ums.lib.errors import Code, DomainError


def find(template_id: int) -> Template:
    """The template that the API may send; DomainError with a code of its own for each reason."""
    template = Template.objects.filter(pk=template_id).first()
    if template is None:
        raise DomainError(
            _("There is no template %(id)d.") % {"id": template_id}, Code.TEMPLATE_UNKNOWN
        )
    if not template.general:
        raise DomainError(
            _("Template %(id)d is not a general template; only those can be sent by API.")
            % {"id": template_id},
            Code.TEMPLATE_NOT_GENERAL,
        )
    if not template.enabled:
        raise DomainError(
            _("Template %(id)d is disabled: enable it in the console.") % {"id": template_id},
            Code.TEMPLATE_INVALID,
        )
    return template


def content(
    *, template: Template, para: Mapping[str, Any], app_para: AppPara | None
) -> dict[str, Any]:
    """One element of `msg_app`, to be checked by `content.normalise`.

    `para` is `template_para`, {} where the call has none. DomainError for what `fill` refuses, a
    text that its values leave empty, and a missing `app_para`.
    """
    if app_para is None:
        raise DomainError(
            _("app_para is missing: a template goes to App channels and needs app_para.platform."),
            Code.PLATFORM_MISSING,
        )
    filled = fill(_parts(template), para)
    if not filled["text"].strip():
        raise DomainError(
            _("With these values the text of template %(id)d is empty.") % {"id": template.pk}
        )
    return app_para.push(**filled)


def variables_of(template: Template) -> tuple[str, ...]:
    """What `template_para` must name; DomainError for a template that was not checked."""
    return variables(_parts(template))


def example_request(template: Template) -> dict[str, Any]:
    """A body for `/v1/template/sent` to copy; names and values in it stand for the caller's."""
    return {
        "aud_userid": ["user1", "user2"],
        "template_id": template.pk,
        "template_para": dict.fromkeys(variables_of(template), "xxx"),
        "app_para": {"platform": "all", "time_to_live": 86_400, "apns_production": True},
    }


def _parts(template: Template) -> dict[str, Any]:
    return {
        "title": template.title,
        "text": template.text,
        "intent": template.intent,
        "extras": template.extras,
    }
