"""Requests made up from the OpenAPI description, valid and not, against a real web process."""

import base64
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from messaging_app.api_docs.send_fields import IDEMPOTENCY_KEY as KEY
from messaging_app.api_docs.templates import TEMPLATE_ID
from ums.api_docs import description
from ums.lib.encryption import new_key
from ums.local.stack import Stack, free_port

ALL_CASES = 2_000
CHANNEL_CODE = "app123"  # that of the examples
AnyCase = Case[Any]
MAKE_TEMPLATE = f"""
from messaging_app.models import Channel, Template
template = Template.objects.create(id={TEMPLATE_ID}, name="Offer", text="{{user}}, see {{url}}")
template.channels.set(Channel.objects.all())
"""
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.negative_data_rejection,
]
# In a form an empty list is nothing at all.
TAKES_WHAT_IS_WRONG = {"POST /v1/material"}
SCHEMA = schemathesis.openapi.from_dict(description())
SCHEMA.config.generation.update(with_security_parameters=False)
OPERATIONS = {
    found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)
}
CASES_PER_CALL = ALL_CASES // len(OPERATIONS) + 1


@dataclass
class Service:
    """A running web process, its keys, and a look at its database from outside."""

    url: str
    keys: dict[str, str]  # security scheme -> Authorization header
    database: sqlite3.Connection
    msgid: str = ""
    msgids: set[str] = field(default_factory=set)
    session: requests.Session = field(default_factory=requests.Session)

    def version(self) -> int:
        """Another number after anything has been written by anybody."""
        return int(self.database.execute("PRAGMA data_version").fetchone()[0])

    def messages(self) -> int:
        query = "SELECT COUNT(*) FROM messaging_app_message"
        return int(self.database.execute(query).fetchone()[0])

    def userids(self) -> set[str]:
        return {row[0] for row in self.database.execute("SELECT userid FROM users_app_enduser")}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    port = free_port()
    environment = {
        "SECRET_KEY": "test",
        "UMS_ENCRYPTION_KEYS": new_key(),
        "UMS_DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/api.sqlite3",
        "UMS_BASE_URL": f"http://127.0.0.1:{port}",
        "UMS_LANGUAGE": "en",
    }
    with Stack(environment, log=folder / "processes.log") as stack:
        stack.manage("migrate", "--no-input", "--verbosity", "0")
        stack.manage(
            *("create_channel", "--code", CHANNEL_CODE, "--name", "Guide"),
            *("--app-key", "a" * 24, "--master-secret", "s" * 24),
        )
        line = json.loads(
            stack.manage("create_business_line", "--name", "Shop", "--channel", CHANNEL_CODE)
        )
        stack.manage("shell", "-c", MAKE_TEMPLATE)
        access = json.loads(stack.manage("create_access_key", "--name", "People"))
        stack.start_web("127.0.0.1", port)
        stack.wait_for("web", f"http://127.0.0.1:{port}/health")
        database = sqlite3.connect(folder / "api.sqlite3", isolation_level=None)
        keys = {
            "ChannelKey": _basic(line["channel_key"], line["master_secret"]),
            "AccessKey": _basic(access["access_key"], access["master_secret"]),
        }
        yield _with_a_message(Service(f"http://127.0.0.1:{port}", keys, database))
        database.close()


def _basic(key: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


def _with_a_message(service: Service) -> Service:
    answer = service.session.post(
        f"{service.url}/v1/broadcast",
        json={"msg_app": [{"platform": "all", "notification": {"alert": "Hi"}}]},
        headers={"Authorization": service.keys["ChannelKey"]},
    )
    service.msgid = answer.json()["msgid"]
    return service


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_request_is_answered_as_documented_and_done_whole_or_not_at_all(
    service: Service, label: str
) -> None:
    operation = OPERATIONS[label]
    statuses: Counter[int] = Counter()

    def check(case: AnyCase) -> None:
        if "msgid" in (case.path_parameters or {}) and statuses.total() % 2:
            case.path_parameters["msgid"] = service.msgid
        # With the example's key for each body, 422 would be all that is ever answered.
        headers = case.headers
        if headers and headers.get(KEY.name) == KEY.example and statuses.total() % 4:
            del headers[KEY.name]
        statuses[_call_and_check(service, case)] += 1

    # Nothing can be wrong with a path that leads to the view.
    wrong = (
        [GenerationMode.NEGATIVE] if operation.body or operation.query or operation.headers else []
    )
    modes = [GenerationMode.POSITIVE, *wrong]
    for case in SCHEMA.iter_coverage_cases(
        operation, generation_modes=modes, generation_config=SCHEMA.config.generation
    ):
        check(case)
    for mode in modes:
        _each(operation.as_strategy(generation_mode=mode), CASES_PER_CALL // len(modes), check)

    assert statuses.total() >= CASES_PER_CALL
    assert statuses[200] or "200" not in operation.definition.raw["responses"]


def _each(strategy: Any, number: int, check: Any) -> None:
    """`check` with `number` values of `strategy`, the same ones in every run."""

    @given(case=strategy)
    @settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    def run(case: AnyCase) -> None:
        check(case)

    run()


def _call_and_check(service: Service, case: AnyCase) -> int:
    """The status of the answer."""
    headers = {"Authorization": service.keys[_scheme(case)]}
    version, messages, userids = service.version(), service.messages(), service.userids()

    response = case.call(base_url=service.url, session=service.session, headers=headers)
    lenient = case.operation.label in TAKES_WHAT_IS_WRONG
    case.validate_response(
        response,
        checks=CHECKS,
        excluded_checks=[checks.negative_data_rejection] if lenient else [],
        headers=headers,
    )

    answer = response.json()
    assert isinstance(answer["code"], int)
    assert (answer["code"] == 0) == (response.status_code == 200)
    if response.status_code != 200:
        assert service.version() == version, "an error has left something behind"
    elif case.operation.path.endswith(("/sent", "/broadcast")):
        # A key that was used for the same call is answered with the first message.
        repeated = answer["msgid"] in service.msgids
        service.msgids.add(answer["msgid"])
        assert service.messages() == messages + (not repeated)
    elif case.operation.path == "/v1/user/opt":
        assert service.userids() == userids | set(answer["data"]["success"])
    elif case.operation.path == "/v1/user/delete":
        assert service.userids() == userids - set(answer["data"]["success"])
    return response.status_code


def _scheme(case: AnyCase) -> str:
    schemes: Sequence[dict[str, Any]] = case.operation.definition.raw["security"]
    return next(iter(schemes[-1]))
