"""The OpenAPI description: valid, complete, and shown without anybody else's server."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import jsonschema
import pytest
import yaml
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from tests.ums.described import CALLS, JSON, SCHEMA, Described
from ums.api_docs import CODES, description
from ums.lib.errors import Code


def test_the_description_is_valid_and_the_generator_has_no_complaint() -> None:
    validate_schema(description())

    assert not GENERATOR_STATS
    for schema in SCHEMA["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def addresses(patterns: Iterable[URLPattern | URLResolver], prefix: str = "") -> Iterator[Any]:
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, address)
        else:
            yield address, pattern.callback


def test_every_call_below_v1_is_described_and_nothing_else() -> None:
    routed = {
        ("/" + re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", address), method)
        for address, view in addresses(get_resolver().url_patterns)
        if address.startswith("v1/")
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(view.view_class, method)
    }

    assert {(call.path, call.method) for call in CALLS} == routed


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_every_call_has_words_and_examples_that_fit_its_schemas(call: Described) -> None:
    assert call.operation["summary"]
    assert call.operation["description"]
    assert call.body is None or call.requests()
    for value in call.requests().values():
        assert call.body
        fits(value, call.body["schema"])
    for status, response in call.operation["responses"].items():
        assert call.answers(status)
        for value in call.answers(status).values():
            fits(value, response["content"][JSON]["schema"])
            assert (value["code"] == 0) == (status == "200")
    for parameter in call.operation["parameters"]:
        fits(parameter["example"], parameter["schema"])


def fits(value: Any, schema: dict[str, Any]) -> None:
    jsonschema.validate(value, {**schema, "components": SCHEMA["components"]})


def test_every_business_code_is_explained_and_shown_in_an_example() -> None:
    shown = {value["code"] for call in CALLS for _status, _name, value in call.failures()}

    assert set(CODES) == set(Code)
    assert shown | {Code.OK} == set(Code)
    assert all(f"| {code:d} | " in SCHEMA["info"]["description"] for code in Code)


def test_the_description_is_served_to_everybody_as_json_and_as_yaml() -> None:
    as_json = Client().get("/api/schema")
    as_yaml = Client().get("/api/schema?format=yaml")

    assert as_json["Content-Type"].startswith("application/json")
    assert as_yaml["Content-Type"].startswith("application/vnd.oai.openapi")
    assert as_json.json()["components"] == SCHEMA["components"]
    assert yaml.safe_load(as_yaml.content)["components"] == SCHEMA["components"]
    assert as_json.json()["paths"].keys() == SCHEMA["paths"].keys()


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "The business line “Shop” is closed."),
        ("zh-hans", "渠道“Shop”已停用。"),
        ("\0", "The business line “Shop” is closed."),
    ],
)
def test_the_description_speaks_the_language_that_is_asked_for(lang: str, words: str) -> None:
    schema = Client().get("/api/schema", {"lang": lang}).json()

    refused = schema["paths"]["/v1/sent"]["post"]["responses"]["400"]["content"][JSON]
    assert refused["examples"]["1015005"]["value"]["message"] == words


@pytest.mark.parametrize("lang", ["en", "zh-hans"])
def test_the_page_takes_nothing_from_another_server_and_has_no_script_in_it(lang: str) -> None:
    response = Client().get(f"/api/docs?lang={lang}")
    html = response.content.decode()
    links = re.findall(r'(?:src|href|data-schema-url)="([^"]+)"', html)

    assert response.status_code == 200
    assert f'data-schema-url="/api/schema?lang={lang}"' in html
    assert all(link.startswith(("/", "?")) and not link.startswith("//") for link in links)
    assert all(finders.find(x.removeprefix("/static/")) for x in links if x.startswith("/static/"))
    assert not re.search(r"<style|<script>|\son\w+=|style=", html)
