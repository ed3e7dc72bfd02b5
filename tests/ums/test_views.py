"""Health, and the way to the console."""

import pytest
from django.test import Client


def test_a_working_process_is_healthy(client: Client, db: None) -> None:
    response = client.get("/health")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(("url", "target"), [("/", "/console/"), ("/console/", "/console/login/")])
def test_a_visitor_is_led_to_the_console(client: Client, db: None, url: str, target: str) -> None:
    response = client.get(url)

    assert response.status_code == 302
    assert response["Location"].startswith(target)
