"""Requests made up from the OpenAPI description, valid and not, against a real web process."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from messaging_app.api_docs.send_fields import IDEMPOTENCY_KEY as KEY
from tests.ums.described import CALLS, JSON
from tests.ums.described import SCHEMA as DESCRIPTION
from tests.ums.service import Service, running

ALL_CASES = 2_000
CASES_PER_FIELD = 20
AnyCase = Case[Any]
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
SCHEMAS = DESCRIPTION["components"]
SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)
SCHEMA.config.generation.update(with_security_parameters=False)
OPERATIONS = {
    found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)
}
CASES_PER_CALL = ALL_CASES // len(OPERATIONS) + 1


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_request_is_answered_as_documented_and_done_whole_or_not_at_all(
    service: Service, label: str
) -> None:
    operation = OPERATIONS[label]
    statuses: Counter[int] = Counter()

    def check(case: AnyCase) -> None:
        if "msgid" in (case.path_parameters or {}) and statuses.total() % 2:
            fresh = operation.method == "post" and statuses.total() % 8 == 1
            known = service.msgid_for(operation.path) if fresh else service.msgid
            case.path_parameters["msgid"] = known
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


@pytest.mark.parametrize("label", ["POST /v1/sent", "POST /v1/template/sent"])
def test_each_field_alone_is_taken_or_refused_as_its_schema_says(
    service: Service, label: str
) -> None:
    """Beside fields that are right, since a body with two faults is refused at the first."""
    call = next(call for call in CALLS if f"{call.method.upper()} {call.path}" == label)
    assert call.body
    validator = Draft202012Validator({**call.body["schema"], "components": SCHEMAS})
    example = next(iter(call.requests().values()))
    statuses: Counter[int] = Counter()

    def check(path: Sequence[str], value: Any) -> None:
        body = {**example, path[0]: value if len(path) == 1 else {path[1]: value}}
        version = service.version()
        response = service.session.post(
            f"{service.url}{call.path}",
            json.dumps(body),
            headers={"Authorization": service.keys["ChannelKey"], "Content-Type": JSON},
        )
        statuses[response.status_code] += 1
        code = response.json()["code"]
        assert (response.status_code, code == 0) in ((200, True), (400, False)), body
        assert validator.is_valid(body) or response.status_code == 400, body
        assert response.status_code == 200 or service.version() == version, body

    for path, strategy in _fields(call.body["schema"]["$ref"]):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            cases = strategy.as_strategy(generation_mode=mode)
            _each(cases, CASES_PER_FIELD, lambda case, path=path: _send_value(case, path, check))
    assert statuses[200] > statuses.total() / 10


def _fields(ref: str, parents: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Path and made-up values of each field of a body, and of the objects in it."""
    for name, schema in SCHEMAS["schemas"][ref.rpartition("/")[2]]["properties"].items():
        path = (*parents, name)
        yield path, _values_of(schema)
        for branch in schema.get("anyOf", ()):
            if "$ref" in branch:
                yield from _fields(branch["$ref"], path)


def _values_of(schema: dict[str, Any]) -> Any:
    """An operation whose body is `{"value": …}`: Schemathesis makes up bodies only."""
    body = {"type": "object", "required": ["value"], "properties": {"value": schema}}
    operation = {
        "requestBody": {"content": {JSON: {"schema": body}}, "required": True},
        "responses": {"200": {"description": "-"}},
    }
    root = {"openapi": "3.1.0", "info": {"title": "-", "version": "-"}, "components": SCHEMAS}
    made = schemathesis.openapi.from_dict({**root, "paths": {"/": {"post": operation}}})
    return made["/"]["POST"]


def _send_value(case: AnyCase, path: Sequence[str], check: Any) -> None:
    if isinstance(case.body, dict) and "value" in case.body:
        check(path, case.body["value"])


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
