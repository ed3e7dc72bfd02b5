"""Which address leads where: API below /v1/, callbacks, and the console."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from ums import api_docs, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("health", views.health, name="health"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/docs", api_docs.page, name="api_docs"),
    path("api/schema", api_docs.SchemaView.as_view(), name="api_schema"),
    path("v1/", include("users_app.api_urls")),
    path("v1/", include("messaging_app.api_urls")),
    path("callback/", include("messaging_app.callback_urls")),
    path("console/users/", include("users_app.urls")),
    path("console/messages/", include("messaging_app.urls")),
    path("console/", admin.site.urls),
]

handler400 = "ums.errors.bad_request"
handler404 = "ums.errors.not_found"
handler500 = "ums.errors.server_error"
