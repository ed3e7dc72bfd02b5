"""The console's pages for messages, below /console/messages/."""

from django.urls import path

from messaging_app import compose, views

app_name = "messages"

urlpatterns = [
    path("", views.message_list, name="list"),
    path("compose", compose.compose, name="compose"),
    path("<int:pk>", views.report, name="report"),
    path("<int:pk>/progress", views.progress, name="progress"),
    path("<int:pk>/people.csv", views.export, name="export"),
]
