"""POST /v1/template/sent: template_id, template_para, app_para (protocol/ums.md 6, 8)."""

from typing import Any

import pytest

from channels_app.models import BusinessLine
from messaging_app.models import Template
from tests.contract.calls import WITHOUT, accepted, assert_refused, changed
from tests.contract.conftest import TEMPLATE_ID
from tests.contract.tables import TEMPLATE_BODY as BODY

pytestmark = pytest.mark.usefixtures("template")

PATH = "/v1/template/sent"


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        pytest.param(changes, code, words, id=fact)
        for fact, changes, code, words in [
            ("required", {"template_id": WITHOUT}, 4004, "template_id"),
            ("not null", {"template_id": None}, 4004, "$.template_id"),
            ("an int", {"template_id": "10001"}, 4004, "$.template_id"),
            ("no fraction", {"template_id": 10001.5}, 4004, "$.template_id"),
            ("unknown", {"template_id": 4711}, 1015031, "4711"),
            ("0", {"template_id": 0}, 1015031, "0"),
            ("negative", {"template_id": -1}, 1015031, "-1"),
            ("beyond all ids", {"template_id": 2**70}, 1015031, "no template"),
        ]
    ],
)
def test_template_id(
    business_line: BusinessLine, changes: dict[str, Any], code: int, words: str
) -> None:
    assert_refused(business_line, PATH, changed(BODY, **changes), code=code, words=words)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        pytest.param({"general": False}, 1015032, id="not a general template"),
        pytest.param({"enabled": False}, 1015073, id="an invalidated template"),
        pytest.param({"general": False, "enabled": False}, 1015032, id="both"),
    ],
)
def test_a_template_that_may_not_be_sent(
    business_line: BusinessLine, values: dict[str, bool], code: int
) -> None:
    Template.objects.update(**values)

    assert_refused(business_line, PATH, BODY, code=code, words=str(TEMPLATE_ID))


@pytest.mark.parametrize(
    ("para", "shown"),
    [
        pytest.param({"user": "Li", "url": "x"}, ("Hi Li", "x"), id="texts"),
        pytest.param({"user": 12, "url": 9.5}, ("Hi 12", "9.5"), id="numbers"),
        pytest.param({"user": "", "url": "x"}, ("Hi ", "x"), id="an empty value"),
        pytest.param({"user": "{url}", "url": "{{x"}, ("Hi {url}", "{{x"), id="braces as they are"),
        pytest.param(
            {"user": "a", "url": "b", "z": []}, ("Hi a", "b"), id="a value of no variable"
        ),
        pytest.param({"user": "x" * 400, "url": "b"}, ("Hi " + "x" * 400, "b"), id="a long value"),
    ],
)
def test_template_para(
    business_line: BusinessLine, para: dict[str, Any], shown: tuple[str, str]
) -> None:
    message = accepted(business_line, PATH, {**BODY, "template_para": para})

    alert = message.content["notification"]["ios"]["alert"]
    assert (alert["title"], alert["body"]) == shown


@pytest.mark.parametrize("para", [WITHOUT, None, {}])
def test_template_para_is_optional_without_variables(
    business_line: BusinessLine, para: Any
) -> None:
    Template.objects.update(title="", text="Sale {{24h}}")

    message = accepted(business_line, PATH, changed(BODY, template_para=para))

    assert message.summary == "Sale {24h}"


@pytest.mark.parametrize(
    ("para", "words"),
    [
        pytest.param(WITHOUT, "user, url", id="absent"),
        pytest.param({}, "user, url", id="empty"),
        pytest.param({"user": "x"}, "url", id="one is missing"),
        pytest.param({"user": None, "url": "x"}, "user", id="null"),
        pytest.param({"user": True, "url": "x"}, "user", id="true"),
        pytest.param({"user": ["x"], "url": "x"}, "user", id="an array"),
        pytest.param({"user": {}, "url": "x"}, "user", id="an object"),
        pytest.param({"user": "x" * 4001, "url": "x"}, "4000", id="more than 4000 characters"),
        pytest.param({"user": "x", "url": ""}, "is empty", id="the text would be empty"),
        pytest.param({"user": "x" * 2000, "url": "x"}, "2000", id="too large for iOS"),
        pytest.param([], "$.template_para", id="no object"),
        pytest.param("x", "$.template_para", id="a string"),
    ],
)
def test_template_para_that_is_refused(business_line: BusinessLine, para: Any, words: str) -> None:
    body = changed(BODY, template_para=para)

    assert_refused(business_line, PATH, body, code=4004, words=words)


@pytest.mark.parametrize(
    ("app_para", "platform", "options"),
    [
        pytest.param({"platform": "all"}, "all", (86_400, True), id="all, and the defaults"),
        pytest.param({"platform": "ios"}, ["ios"], (86_400, True), id="a bare string"),
        pytest.param(
            {"platform": ["android", "ios", "quickapp", "web"]},
            ["android", "ios", "quickapp", "web"],
            (86_400, True),
            id="each platform of the page",
        ),
        pytest.param(
            {"platform": "all", "time_to_live": 0, "apns_production": False},
            "all",
            (0, False),
            id="no time_to_live, development",
        ),
        pytest.param(
            {"platform": "all", "time_to_live": 864_000}, "all", (864_000, True), id="10 days"
        ),
        pytest.param(
            {"platform": "all", "time_to_live": None, "apns_production": None},
            "all",
            (86_400, True),
            id="null is the default",
        ),
    ],
)
def test_app_para(
    business_line: BusinessLine, app_para: Any, platform: Any, options: tuple[int, bool]
) -> None:
    content = accepted(business_line, PATH, {**BODY, "app_para": app_para}).content

    assert content["platform"] == platform
    assert content["options"] == dict(
        zip(("time_to_live", "apns_production"), options, strict=True)
    )


APP_PARA_REFUSED: list[tuple[str, Any, int, str]] = [
    ("required", WITHOUT, 1015084, "app_para is missing"),
    ("null", None, 1015084, "app_para is missing"),
    ("platform is required", {}, 1015084, "platform is missing"),
    ("platform null", {"platform": None}, 1015084, "platform is missing"),
    ("platform empty", {"platform": []}, 1015084, "platform is missing"),
    ("an unknown platform", {"platform": "symbian"}, 1015085, "symbian"),
    ("one of them unknown", {"platform": ["ios", "x"]}, 1015085, "'x'"),
    ("platform is no number", {"platform": 5}, 1015085, "5"),
    ("11 days", {"platform": "all", "time_to_live": 864_001}, 4004, "864001"),
    ("negative", {"platform": "all", "time_to_live": -1}, 4004, "-1"),
    ("an int", {"platform": "all", "time_to_live": "9"}, 4004, "$.app_para.time_to_live"),
    ("a bool", {"platform": "all", "apns_production": 1}, 4004, "$.app_para.apns_prod"),
    ("an object", "ios", 4004, "$.app_para"),
]


@pytest.mark.parametrize(
    ("app_para", "code", "words"),
    [pytest.param(*row, id=fact) for fact, *row in APP_PARA_REFUSED],
)
def test_app_para_that_is_refused(
    business_line: BusinessLine, app_para: Any, code: int, words: str
) -> None:
    body = changed(BODY, app_para=app_para)

    assert_refused(business_line, PATH, body, code=code, words=words)
