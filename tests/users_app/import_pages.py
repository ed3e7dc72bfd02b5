"""Drives the pages of imports as a browser without scripts does."""

from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.users_app.conftest import work_on
from users_app.models import ImportJob


def text_of(response: Any) -> str:
    return str(response.content.decode())


def submit(client: Client, path: Path, mode: str = "set") -> Any:
    """Upload it; the page of the import."""
    file = SimpleUploadedFile(path.name, path.read_bytes())
    return client.post(reverse("users:import_new"), {"file": file, "mode": mode}, follow=True)


def upload(client: Client, path: Path, mode: str = "set") -> str:
    """Upload it and have a worker check it; the page of the import."""
    submit(client, path, mode)
    return show(client, work_on(ImportJob.objects.latest("pk")))


def show(client: Client, job: ImportJob) -> str:
    return text_of(client.get(reverse("users:import_detail", args=[job.pk])))


def confirm(client: Client) -> str:
    """Confirm the latest import and have a worker apply it; its page."""
    job = ImportJob.objects.latest("pk")
    client.post(reverse("users:import_confirm", args=[job.pk]))
    return show(client, work_on(job))
