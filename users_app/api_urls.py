"""Addresses of the user API, below /v1/."""

from django.urls import path

from users_app.api import UserDeleteView, UserOptView

urlpatterns = [
    path("user/opt", UserOptView.as_view()),
    path("user/delete", UserDeleteView.as_view()),
]
