"""Answers that no view gives."""

import pytest
from django.test import Client

pytestmark = pytest.mark.urls("tests.ums.error_urls")


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("path", "status", "code", "message"),
    [
        ("/v1/bad", 400, 4004, "The request could not be read."),
        ("/v1/nothing", 404, 4004, "There is no call “/v1/nothing”."),
        ("/v1", 404, 4004, "There is no call “/v1”."),
        ("/v1/broken", 500, 5000, "The server failed."),
    ],
)
def test_an_api_call_gets_json(
    client: Client, path: str, status: int, code: int, message: str
) -> None:
    response = client.get(path)

    assert (response.status_code, response["Content-Type"]) == (status, "application/json")
    assert response.json()["code"] == code
    assert response.json()["message"].startswith(message)


@pytest.mark.parametrize(
    ("path", "status"), [("/page/bad", 400), ("/page/nothing", 404), ("/page/broken", 500)]
)
def test_a_page_gets_a_page(client: Client, path: str, status: int) -> None:
    response = client.get(path)

    assert response.status_code == status
    assert response["Content-Type"].startswith("text/html")
