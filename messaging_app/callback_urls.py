"""Addresses below /callback/."""

from django.urls import path

from messaging_app import webhooks

urlpatterns = [
    path("jpush/<str:code>/<str:token>", webhooks.jpush_callback, name="jpush_callback"),
]
