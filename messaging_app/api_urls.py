"""Addresses of the send API, below /v1/."""

from django.urls import path

from messaging_app import api, retract_api

urlpatterns = [
    path("sent", api.SentView.as_view(), name="api_sent"),
    path("broadcast", api.BroadcastView.as_view(), name="api_broadcast"),
    path("message/<str:msgid>", api.MessageView.as_view(), name="api_message"),
    path("retract/<str:msgid>", retract_api.RetractView.as_view(), name="api_retract"),
]
