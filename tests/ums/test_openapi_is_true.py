"""What the OpenAPI description shows is what the views do."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pytest_django.fixtures import Settings

from channels_app.models import AccessKey, BusinessLine, Channel
from messaging_app.api_docs.templates import TEMPLATE_ID
from messaging_app.models import Message, Template
from tests.ums.described import CALLS, JSON, SCHEMA, Described, World, stored
from tests.ums.provocations import PROVOCATIONS
from users_app.models import EndUser


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> World:
    settings.UMS_DATA_DIR = tmp_path
    channel = Channel.objects.create(
        code="app123", name="Guide", app_key="a" * 24, master_secret="s" * 24
    )
    line = BusinessLine.objects.create(name="Shop")
    line.channels.add(channel)
    template = Template.objects.create(id=TEMPLATE_ID, name="Offer", text="{user}, see {url}")
    template.channels.add(channel)
    return World(channel, line, AccessKey.objects.create(name="People"))


@pytest.mark.parametrize(
    ("call", "body"),
    [
        pytest.param(call, body, id=f"{call}-{name}")
        for call in CALLS
        if "200" in call.operation["responses"]
        for name, body in (call.requests() or {"": ...}).items()
    ],
)
def test_an_example_request_is_accepted_and_answered_as_described(
    world: World, call: Described, body: Any
) -> None:
    EndUser.objects.create(userid="userid1")
    world.known_message(Message.State.PAUSED if call.name == "resume" else Message.State.SENDING)

    response = world.make(call, body)

    assert response.status_code == 200, response.content
    answer = call.operation["responses"]["200"]["content"][JSON]["schema"]
    jsonschema.validate(response.json(), {**answer, "components": SCHEMA["components"]})
    assert set(response.json()) in [set(example) for example in call.answers("200").values()]


@pytest.mark.parametrize(
    ("call", "status", "body"),
    [
        pytest.param(call, status, body, id=f"{call}-{status}-{name}")
        for call in CALLS
        for status, name, body in call.failures()
    ],
)
def test_an_example_failure_is_what_comes_and_leaves_no_trace(
    world: World, call: Described, status: int, body: dict[str, Any]
) -> None:
    world.before = stored()

    response = PROVOCATIONS[body["message"]](world, call)

    assert (response.status_code, timeless(response.json())) == (status, timeless(body))
    assert stored() == world.before


def timeless(body: dict[str, Any]) -> dict[str, Any]:
    """With the same end of a minute and of quiet hours."""
    message = re.sub(r"in \d+ s\.$", "in 1 s.", body["message"])
    return {**body, "message": re.sub(r"until [-\d]+ [:\d]+ [+\d]+;", "until then;", message)}


def test_every_provocation_is_of_a_failure_that_is_shown() -> None:
    shown = {body["message"] for call in CALLS for _status, _name, body in call.failures()}

    assert set(PROVOCATIONS) == shown
