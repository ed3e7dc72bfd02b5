"""People in the console: who they are, their devices and tags. Uploads change them."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from users_app import group_admin, person_list_admin  # noqa: F401  # they register their pages
from users_app.contacts import ContactKind
from users_app.models import Contact, EndUser, EndUserQuerySet, Registration, Tag


class ReadOnly:
    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class RegistrationInline(ReadOnly, TabularInline):  # type: ignore[misc]  # unfold has no types
    model = Registration
    fields = ("channel", "registration_id", "created_at", "invalid_at", "invalid_reason")
    readonly_fields = fields
    extra = 0
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Registration]:
        return Registration.objects.select_related("channel").order_by("channel", "id")


class TagInline(ReadOnly, TabularInline):  # type: ignore[misc]  # unfold has no types
    model = Tag
    fields = ("name", "bind_id")
    readonly_fields = fields
    ordering = ("name", "bind_id")
    extra = 0
    hide_title = True


class ContactInline(ReadOnly, TabularInline):  # type: ignore[misc]  # unfold has no types
    model = Contact
    fields = ("kind_in_words", "bind_id", "value")
    readonly_fields = fields
    ordering = ("scope", "value")
    extra = 0
    hide_title = True

    @admin.display(description=_("kind"))
    def kind_in_words(self, contact: Contact) -> str:
        return str(ContactKind(contact.kind).label)

    @admin.display(description=_("bind_id"))
    def bind_id(self, contact: Contact) -> str:
        return contact.bind_id


@admin.register(EndUser)
class EndUserAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    list_display = ("userid", "device_count", "created_at")
    fields = ("userid", "created_at")
    readonly_fields = fields
    inlines = (RegistrationInline, TagInline, ContactInline)
    search_fields = ("userid",)  # shows the search box; `get_search_results` searches
    search_help_text = _("Beginning of a userid, or a whole registrationID")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> EndUserQuerySet:
        return EndUser.objects.with_device_count()

    def get_search_results(
        self, request: HttpRequest, queryset: EndUserQuerySet, search_term: str
    ) -> tuple[EndUserQuerySet, bool]:
        text = search_term.strip()
        return (queryset.search(text) if text else queryset), False

    @admin.display(description=_("devices"), empty_value="0")
    def device_count(self, end_user: EndUser) -> int:
        count: int = end_user.device_count  # type: ignore[attr-defined]  # an annotation
        return count
