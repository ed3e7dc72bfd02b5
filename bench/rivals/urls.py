"""The rivals' addresses, and the product's own (`/health`)."""

from django.urls import include, path

from bench.rivals.user_opt_bulk import UserOptBulk
from bench.rivals.user_opt_per_row import UserOptPerRow

urlpatterns = [
    path("per_row/v1/user/opt", UserOptPerRow.as_view()),
    path("bulk/v1/user/opt", UserOptBulk.as_view()),
    path("", include("ums.urls")),
]
