"""Addresses of the pages for imports and conflicts, below /console/users/."""

from django.urls import path

from ums.lib.exports.responses import FORMATS
from users_app import conflict_pages, import_export, views

app_name = "users"

urlpatterns = [
    path("imports/", views.import_list, name="import_list"),
    *(
        path(f"imports/export.{kind}", import_export.imports, {"kind": kind}, name="import_export")
        for kind in FORMATS
    ),
    path("imports/new/", views.import_new, name="import_new"),
    path("imports/template.xlsx", views.import_template, name="import_template"),
    path("imports/<int:pk>/", views.import_detail, name="import_detail"),
    path("imports/<int:pk>/row/", views.import_row, name="import_row"),
    path("imports/<int:pk>/progress/", views.import_progress, name="import_progress"),
    path("imports/<int:pk>/apply/", views.import_confirm, name="import_confirm"),
    path("imports/<int:pk>/cancel/", views.import_cancel, name="import_cancel"),
    path("imports/<int:pk>/bad-rows.xlsx", views.import_bad_rows, name="import_bad_rows"),
    path("conflicts/", conflict_pages.overview, name="conflicts"),
    path("conflicts/<str:kind>/", conflict_pages.conflict_list, name="conflict_list"),
    *(
        path(
            f"conflicts/<str:kind>/export.{ending}",
            conflict_pages.conflict_export,
            {"ending": ending},
            name="conflict_export",
        )
        for ending in FORMATS
    ),
    path(
        "conflicts/<str:kind>/clean-up/",
        conflict_pages.conflict_clean_up,
        name="conflict_clean_up",
    ),
]
