"""Addresses of the send API, below /v1/."""

from django.urls import path

from messaging_app import api
from messaging_app.control_api import CancelView, PauseView, ResumeView
from messaging_app.material_api import MaterialView
from messaging_app.retract_api import RetractView
from messaging_app.token_api import TokenView

urlpatterns = [
    path("sent", api.SentView.as_view(), name="api_sent"),
    path("broadcast", api.BroadcastView.as_view(), name="api_broadcast"),
    path("template/sent", api.TemplateSentView.as_view(), name="api_template_sent"),
    path("template/broadcast", api.TemplateBroadcastView.as_view(), name="api_template_broadcast"),
    path("message/<str:msgid>", api.MessageView.as_view(), name="api_message"),
    path("message/<str:msgid>/pause", PauseView.as_view(), name="api_pause"),
    path("message/<str:msgid>/resume", ResumeView.as_view(), name="api_resume"),
    path("message/<str:msgid>/cancel", CancelView.as_view(), name="api_cancel"),
    path("material", MaterialView.as_view(), name="api_material"),
    path("token", TokenView.as_view(), name="api_token"),
    path("retract/<str:msgid>", RetractView.as_view(), name="api_retract"),
]
