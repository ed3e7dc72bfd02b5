"""Rows that hold for several of the four send calls (protocol/ums.md 3.1, 3.2, 4, 6, 8)."""

from datetime import time
from typing import Any

import pytest

TEMPLATE_BODY: dict[str, Any] = {
    "aud_userid": ["u1"],
    "template_id": 10001,  # of conftest.py
    "template_para": {"user": "Li", "url": "https://x.example"},
    "app_para": {"platform": "ios"},
}

# By the ends of `msg_…` and `aud_…` (protocol/ums.md 1.1) with the codes of section 8.
KINDS = {
    "sms": 1015007,
    "wechatoa": 1015008,
    "wechatmp": 1015009,
    "email": 1015010,
    "alipay_life": 1015011,
    "dingtalk_cc": 1015012,
    "wechatwk": 4004,
}
OTHER_MESSAGES = [
    pytest.param(f"msg_{kind}", code, id=f"msg_{kind} → {code}") for kind, code in KINDS.items()
]
OTHER_AUDIENCES = [
    pytest.param(f"aud_{kind}", code, id=f"aud_{kind} → {code}")
    for kind, code in {**KINDS, "wechatwk_linkedcorp": 4004}.items()
]


def row(field: str, value: Any, *rest: Any, fact: str) -> Any:
    """A changed field, what comes of it, and the fact that this shows."""
    return pytest.param({field: value}, *rest, id=fact)


def option(name: str, value: Any, *rest: Any, fact: str) -> Any:
    return row("option", {name: value}, *rest, fact=f"option.{name}: {fact}")


# Of `rule_id`, `option` and `callback` (3.1): changed fields.
ACCEPTED = [
    row("rule_id", 0, fact="rule_id 0: all senders at once"),
    row("rule_id", None, fact="rule_id null: none"),
    row("option", None, fact="option is optional"),
    row("option", {}, fact="every field of option is optional"),
    option("owner", "nobody", fact="ignored where nothing is audited"),
    option("black_id", 1234, fact="of a block list"),
    option("black_id", 0, fact="0 is none"),
    option("white_id", 1235, fact="of an allow list"),
    option("white_id", None, fact="null is none"),
    row("option", {"black_id": 1234, "white_id": 0}, fact="one list, the other written as 0"),
    option("unknown", 1, fact="what is unknown is passed over"),
    row("callback", None, fact="callback is optional"),
    row("callback", {}, fact="every field of callback is optional"),
    row("callback", {"url": "https://unregistered.example"}, fact="callback.url: no effect"),
    row("callback", {"params": {"a": [{"b": 1}]}}, fact="callback.params: any object"),
    row("unknown", {"a": 1}, fact="a field that is unknown is passed over"),
]

# Changed fields, code, words.
REFUSED = [
    row("rule_id", 1001, 1015026, "1001", fact="rule_id: there are no rules"),
    row("rule_id", "1001", 4004, "$.rule_id", fact="rule_id is no string"),
    row("rule_id", 1.5, 4004, "$.rule_id", fact="rule_id is an int"),
    row("option", "none", 4004, "$.option", fact="option is an object"),
    row("option", [], 4004, "$.option", fact="option is no array"),
    option("sendno", "x" * 256, 4004, "sendno", fact="at most 255 characters"),
    option("sendno", "a\x00b", 4004, "sendno", fact="no NUL"),
    option("sendno", {}, 4004, "$.option.sendno", fact="a string"),
    option("sendno", 1.5, 4004, "$.option.sendno", fact="no fraction"),
    option("owner", {}, 4004, "$.option.owner", fact="a string"),
    option("priority", 0, 4004, "priority is 0", fact="not 0"),
    option("priority", 4, 4004, "priority is 4", fact="not 4"),
    option("priority", "2", 4004, "$.option.priority", fact="an int"),
    option("black_id", 9, 1015046, "9", fact="unknown"),
    option("black_id", 1235, 1015046, "1235", fact="not that of an allow list"),
    option("black_id", -1, 1015046, "-1", fact="never negative"),
    option("black_id", "1234", 4004, "$.option.black_id", fact="an int"),
    option("white_id", 9, 1015046, "9", fact="unknown"),
    option("white_id", 1234, 1015046, "1234", fact="not that of a block list"),
    option("white_id", [1235], 4004, "$.option.white_id", fact="an int"),
    row("option", {"black_id": 1234, "white_id": 1235}, 1015097, "together", fact="both lists"),
    row("option", {"black_id": 8, "white_id": 9}, 1015097, "together", fact="both, unknown"),
    row("callback", "https://x.example", 4004, "$.callback", fact="callback is an object"),
    row("callback", {"url": 1}, 4004, "$.callback.url", fact="callback.url is a string"),
    row("callback", {"params": []}, 4004, "$.callback.params", fact="callback.params: an object"),
]

SENDNO = [
    pytest.param("test", "test", id="unchanged"),
    pytest.param("", "", id="an empty one"),
    pytest.param("编号 1 %", "编号 1 %", id="any text"),
    pytest.param("x" * 255, "x" * 255, id="of 255 characters"),
    pytest.param(17, "17", id="an int as a string"),
    pytest.param(0, "0", id="0 is not none"),
]
PRIORITIES = [
    pytest.param({"priority": 1}, 1, id="1 high"),
    pytest.param({"priority": 2}, 2, id="2 medium"),
    pytest.param({"priority": 3}, 3, id="3 low"),
    pytest.param({"priority": None}, 2, id="null is medium"),
    pytest.param({}, 2, id="medium by default"),
]

# Settings of the business line, code, words.
LINE_REFUSES = [
    pytest.param({"enabled": False}, 1015005, "Shop", id="a closed line"),
    pytest.param({"api_approval": True}, 1015023, "option.owner", id="audit on, no such owner"),
    pytest.param(
        {"quiet_from": time(0, 0), "quiet_until": time(23, 59, 59, 999_999)},
        1015038,
        "Shop",
        id="do not disturb",
    ),
]

# Of section 4: the whole audience, code, words.
AUDIENCE_REFUSED = [
    pytest.param(audience, code, words, id=fact)
    for fact, audience, code, words in [
        ("without any aud_…", {}, 4004, "audience is empty"),
        ("empty arrays only", {"aud_userid": [], "aud_tag": []}, 4004, "audience is empty"),
        ("null only", {"aud_userid": None, "aud_app": None}, 4004, "audience is empty"),
        ("aud_app without ids", {"aud_app": [{"data": []}]}, 4004, "audience is empty"),
        ("1001 userids", {"aud_userid": [str(n) for n in range(1001)]}, 1015004, "has 1001"),
        ("1001 times one userid", {"aud_userid": ["u1"] * 1001}, 1015004, "has 1001"),
        ("21 tags", {"aud_tag": [f"t{n}" for n in range(21)]}, 4004, "aud_tag has 21"),
        ("2 segments", {"aud_segment": ["1000", "1000"]}, 4004, "aud_segment has 2"),
        ("1001 ids", {"aud_app": [{"data": [f"r{n}" for n in range(1001)]}]}, 4004, "has 1001"),
        (
            "1001 ids in two elements",
            {"aud_app": [{"data": [f"r{n}" for n in range(1000)]}, {"data": ["s"]}]},
            4004,
            "aud_app has 1001",
        ),
        ("userid + ids", {"aud_userid": ["u1"], "aud_app": [{"data": ["r1"]}]}, 4004, "mixed"),
        ("tag + ids", {"aud_tag": ["vip"], "aud_app": [{"data": ["r1"]}]}, 4004, "mixed"),
        ("segment + ids", {"aud_segment": [1000], "aud_app": [{"data": ["r1"]}]}, 4004, "mixed"),
        ("userid of 65 characters", {"aud_userid": ["x" * 65]}, 4004, "is not a userid"),
        ("an empty userid", {"aud_userid": [""]}, 4004, "“” is not a userid"),
        ("a userid with NUL", {"aud_userid": ["a\x00b"]}, 4004, "is not a userid"),
        ("a userid is a string", {"aud_userid": [1.5]}, 4004, "$.aud_userid"),
        ("a userid is not null", {"aud_userid": [None]}, 4004, "$.aud_userid"),
        ("a userid is no array", {"aud_userid": [["u1"]]}, 4004, "$.aud_userid"),
        ("aud_userid is an array", {"aud_userid": "u1"}, 4004, "$.aud_userid"),
        ("aud_tag is an array", {"aud_tag": "vip"}, 4004, "$.aud_tag"),
        ("a tag is a string", {"aud_tag": [1]}, 4004, "$.aud_tag"),
        ("an empty tag", {"aud_tag": [""]}, 4004, "“” is not a tag"),
        ("a tag with NUL", {"aud_tag": ["a\x00b"]}, 4004, "is not a tag"),
        ("aud_segment is an array", {"aud_segment": "1000"}, 4004, "$.aud_segment"),
        ("a segment is an id", {"aud_segment": [{"id": 1000}]}, 4004, "$.aud_segment"),
        ("an unknown segment", {"aud_segment": ["999"]}, 4004, "“999”"),
        ("an unknown segment as int", {"aud_segment": [7]}, 4004, "“7”"),
        ("a segment by name", {"aud_segment": ["seven"]}, 4004, "“seven”"),
        ("segment -1", {"aud_segment": ["-1"]}, 4004, "“-1”"),
        ("segment 0", {"aud_segment": ["0"]}, 4004, "“0”"),
        ("a segment beyond all ids", {"aud_segment": ["9" * 30]}, 4004, "“999"),
        ("a segment in other digits", {"aud_segment": ["٣"]}, 4004, "“٣”"),
        ("aud_app is an array", {"aud_app": {"data": ["r1"]}}, 4004, "$.aud_app"),
        ("aud_app holds objects", {"aud_app": ["r1"]}, 4004, "$.aud_app"),
        ("aud_app.data is required", {"aud_app": [{"instance": "app"}]}, 4004, "$.aud_app"),
        ("aud_app.data is an array", {"aud_app": [{"data": "r1"}]}, 4004, "$.aud_app"),
        ("an id is a string", {"aud_app": [{"data": [1]}]}, 4004, "$.aud_app"),
        ("an id with a blank", {"aud_app": [{"data": ["r 1"]}]}, 4004, "“r 1” is not a reg"),
        ("an empty id", {"aud_app": [{"data": [""]}]}, 4004, "“” is not a reg"),
    ]
]
