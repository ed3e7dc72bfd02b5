"""Operators and their groups, in the console's clothes."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from ums.lib.exports.admin import ExportAdmin

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class OperatorAdmin(UserAdmin, ExportAdmin):  # type: ignore[misc,type-arg]  # unfold has no types
    export_fields = (
        *("username", "first_name", "last_name", "email", "is_active", "is_staff"),
        *("is_superuser", "group_names", "last_login", "date_joined"),
    )
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("groups"))
    def group_names(self, operator: User) -> str:
        return ", ".join(group.name for group in operator.groups.all())


@admin.register(Group)
class OperatorGroupAdmin(GroupAdmin, ExportAdmin):  # type: ignore[misc]  # unfold has no types
    export_fields = ("name",)
