"""The console's pages for messages, below /console/messages/."""

from django.urls import path

from messaging_app import (
    approval_pages,
    compose,
    control_pages,
    export_pages,
    retract_page,
    views,
)
from ums.lib.exports.responses import FORMATS

app_name = "messages"

urlpatterns = [
    path("compose/", compose.compose, name="compose"),
    # Not the root: the menu marks each entry whose address the page's address holds.
    path("sent/", views.message_list, name="list"),
    path("sent/<int:pk>/", views.report, name="report"),
    path("sent/<int:pk>/retract/", retract_page.retract_message, name="retract"),
    path("sent/<int:pk>/pause/", control_pages.pause_message, name="pause"),
    path("sent/<int:pk>/resume/", control_pages.resume_message, name="resume"),
    path("sent/<int:pk>/cancel/", control_pages.cancel_message, name="cancel"),
    path("sent/<int:pk>/repeat/", control_pages.repeat_message, name="repeat"),
    path("sent/<int:pk>/progress/", views.progress, name="progress"),
    *(
        path(f"sent/<int:pk>/people.{kind}", export_pages.people, {"kind": kind}, name="export")
        for kind in FORMATS
    ),
    *(
        path(f"sent/export.{kind}", export_pages.messages, {"kind": kind}, name="list_export")
        for kind in FORMATS
    ),
    path("approvals/", approval_pages.approval_list, name="approval_list"),
    path("approvals/<int:pk>/", approval_pages.approval_detail, name="approval_detail"),
    path("approvals/<int:pk>/approve/", approval_pages.approval_approve, name="approval_approve"),
    path("approvals/<int:pk>/refuse/", approval_pages.approval_refuse, name="approval_refuse"),
]
