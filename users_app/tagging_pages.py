"""The page that changes the tags of many people: whom and which, a review, and then the change."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ums.lib.console import render_page
from ums.lib.errors import DomainError
from users_app import kept_userids, tagging
from users_app.group_forms import UseridsForm
from users_app.tagging import Effect, FoundPeople, ListedPeople, People
from users_app.tagging_forms import ConfirmationForm, TagChangeForm
from users_app.userid_lines import Reading

RIGHTS = {"add": "users_app.add_tag", "remove": "users_app.delete_tag"}


def may_tag(user: User | AnonymousUser) -> bool:
    return any(map(user.has_perm, RIGHTS.values()))


def tag_people(request: HttpRequest, found: FoundPeople | None) -> HttpResponse:
    """Three steps by `step`: edit (the form), review (nothing is changed), confirm.

    Without `found` the form asks for userids, which are kept until they are confirmed.
    """
    if request.method != "POST":
        return _form_page(request, found, _tags_form(request))
    step = request.POST.get("step")
    form = _tags_form(request)
    confirmation = ConfirmationForm(request.POST)
    if step in ("edit", "confirm") and confirmation.is_valid() and form.is_valid():
        key: UUID = confirmation.cleaned_data["key"]
        if step == "confirm":
            return _confirm(request, found, form, key, confirmation.cleaned_data["people"])
        userids = UseridsForm(initial={"text": kept_userids.pasted_text(key)})
        kept_userids.forget(key)
        return _form_page(request, found, form, userids)
    userids = UseridsForm(request.POST, request.FILES)
    if not form.is_valid() or not (found or userids.is_valid()):
        return _form_page(request, found, form, userids)
    key = uuid.uuid4()
    if not found:
        data = userids.cleaned_data
        kept_userids.keep(key, text=data["text"], file=data["file"])
    return _review_page(request, found, form, key)


def _confirm(
    request: HttpRequest, found: FoundPeople | None, form: TagChangeForm, key: UUID, expected: int
) -> HttpResponse:
    try:
        with _people(found, key) as people:
            said = tagging.apply(
                people=people,
                change=form.change,
                expected=expected,
                key=key.hex,
                operator=cast("User", request.user),
            )
    except DomainError as exc:
        said = tagging.done(key.hex)  # by an earlier click, which has forgotten the list
        if not said:
            return _review_page(request, found, form, key, problem=exc.message)
    kept_userids.forget(key)
    messages.success(request, said)
    return redirect(_list_address(request))


def _form_page(
    request: HttpRequest,
    found: FoundPeople | None,
    form: TagChangeForm,
    userids: UseridsForm | None = None,
) -> HttpResponse:
    userids = userids or UseridsForm()
    context: dict[str, object] = {
        "form": form,
        "userids_form": None if found else userids,
        "found": found,
        "counted": tagging.counted(found.found.count()) if found else "",
        "list_address": _list_address(request),
        "may_import": request.user.has_perm("users_app.add_importjob"),
    }
    faulty = form.errors or (not found and userids.errors)
    status = 400 if faulty else 200
    return render_page(request, "users/tags.html", context, title=_("Tag people"), status=status)


def _review_page(
    request: HttpRequest,
    found: FoundPeople | None,
    form: TagChangeForm,
    key: UUID,
    *,
    problem: str = "",
) -> HttpResponse:
    try:
        with _people(found, key) as people:
            figures = tagging.compare(people=people, change=form.change)
    except DomainError as exc:
        kept_userids.forget(key)
        messages.error(request, exc.message)
        return _form_page(request, found, form)
    reading = people.reading if isinstance(people, ListedPeople) else Reading(())
    context: dict[str, object] = {
        "form": form,
        "confirmation": ConfirmationForm(initial={"key": key, "people": figures.people}),
        "problem": problem,
        "people": people,
        "figures": figures,
        "counted": tagging.counted(figures.people),
        "bind_id": dict(form.fields["bind_id"].choices)[form.change.bind_id],  # type: ignore[attr-defined]  # a ChoiceField
        "effects": [_effect_words(effect) for effect in figures.effects],
        "label": _label(figures.people),
        "unknown": _unknown_words(figures.unknown),
        "unknown_left": figures.unknown - len(figures.first_unknown),
        "bad": _bad_words(reading.bad),
        "bad_lines": reading.first_bad,
        "bad_left": reading.bad - len(reading.first_bad),
    }
    return render_page(request, "users/tags_review.html", context, title=_("Review the tags"))


def _tags_form(request: HttpRequest) -> TagChangeForm:
    may = {name: request.user.has_perm(right) for name, right in RIGHTS.items()}
    if any(request.POST.get(name, "").strip() and not may[name] for name in RIGHTS):
        raise PermissionDenied
    data = request.POST if request.method == "POST" else None
    return TagChangeForm(data, may_add=may["add"], may_remove=may["remove"])


@contextmanager
def _people(found: FoundPeople | None, key: UUID) -> Iterator[People]:
    if found:
        yield found
        return
    with kept_userids.opened(key) as lines:
        yield ListedPeople(Reading(lines), _("A list of userids"))


def _list_address(request: HttpRequest) -> str:
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return f"{reverse('admin:users_app_enduser_changelist')}{query}"


def _effect_words(effect: Effect) -> str:
    """Such as “1,204 people get the tag “vip”; 37 have it already.”"""
    if effect.added:
        changed = ngettext(
            "%(count)s person gets the tag “%(tag)s”",
            "%(count)s people get the tag “%(tag)s”",
            effect.changed,
        )
        unchanged = ngettext(
            "%(count)s has it already", "%(count)s have it already", effect.unchanged
        )
    else:
        changed = ngettext(
            "%(count)s person loses the tag “%(tag)s”",
            "%(count)s people lose the tag “%(tag)s”",
            effect.changed,
        )
        unchanged = ngettext(
            "%(count)s does not have it", "%(count)s do not have it", effect.unchanged
        )
    return _("%(changed)s; %(unchanged)s.") % {
        "changed": changed % {"count": f"{effect.changed:,}", "tag": effect.tag},
        "unchanged": unchanged % {"count": f"{effect.unchanged:,}"},
    }


def _label(people: int) -> str:
    return ngettext(
        "Change the tags of %(count)s person", "Change the tags of %(count)s people", people
    ) % {"count": f"{people:,}"}


def _unknown_words(number: int) -> str:
    return ngettext(
        "%(count)s unknown userid is left out", "%(count)s unknown userids are left out", number
    ) % {"count": f"{number:,}"}


def _bad_words(number: int) -> str:
    return ngettext("%(count)s value was left out", "%(count)s values were left out", number) % {
        "count": f"{number:,}"
    }
