"""The columns of a row other than devices and tags, and headings that name a bind_id."""

import pytest

from tests.users_app.conftest import WriteWorkbook, read_row, said
from ums.lib.errors import DomainError
from users_app.changes import Kind
from users_app.rows import Row

LONG = ("userid", "bind_id", "app_regid", "tag")
CONTACTS = (
    "phone",
    "email",
    "wechatoa_openid",
    "wechatmp_openid",
    "alipaylife_userid",
    "dingtalk_userid",
    "wechatwk_userid",
    "wechatwk_linkedcorp_userid",
)


def with_contacts(workbook: WriteWorkbook, bind_id: str, **cells: str) -> Row:
    header = ("userid", "bind_id", "app_regid", "tag", *CONTACTS)
    values = {"userid": "u1", "bind_id": bind_id} | cells
    return read_row(workbook, *(values.get(name, "") for name in header), header=header)


@pytest.mark.parametrize("bind_id", ["", "all"])
def test_addresses_that_need_no_channel_are_set_under_all(
    workbook: WriteWorkbook, bind_id: str
) -> None:
    row = with_contacts(
        workbook,
        bind_id,
        phone="13800138000",
        email="a@b.cn",
        dingtalk_userid="d1",
        wechatwk_userid="w1",
        wechatwk_linkedcorp_userid="c1/u1, c2/u2",
    )

    assert said(row) == [
        (Kind.CONTACT, "phone:all", "13800138000", True),
        (Kind.CONTACT, "email:all", "a@b.cn", True),
        (Kind.CONTACT, "dingtalkcc:all", "d1", True),
        (Kind.CONTACT, "wechatwk:all", "w1", True),
        (Kind.CONTACT, "wechatwk_linkedcorp:all", "c1/u1", True),
        (Kind.CONTACT, "wechatwk_linkedcorp:all", "c2/u2", True),
    ]


def test_a_channel_key_is_for_tag_phone_and_email_only(workbook: WriteWorkbook) -> None:
    row = with_contacts(workbook, "key1", tag="a", phone="138", dingtalk_userid="d1")

    assert said(row) == [
        (Kind.TAG, "key1", "a", False),
        (Kind.CONTACT, "phone:key1", "138", True),
        (Kind.CONTACT, "dingtalkcc:all", "d1", True),
    ]


@pytest.mark.parametrize("name", ["wechatoa", "wechatmp", "alipaylife"])
def test_an_id_of_a_channel_takes_bind_id_and_the_rest_of_the_row_is_for_everybody(
    workbook: WriteWorkbook, name: str
) -> None:
    column = next(each for each in CONTACTS if each.startswith(name))
    row = with_contacts(workbook, "shop1", phone="138", tag="a", **{column: "o1"})

    assert said(row) == [
        (Kind.TAG, "all", "a", False),
        (Kind.CONTACT, "phone:all", "138", True),
        (Kind.CONTACT, f"{name}:shop1", "o1", True),
    ]


@pytest.mark.parametrize(
    ("bind_id", "cells", "problems"),
    [
        ("", {"wechatoa_openid": "o1"}, {"bind_id": "A row with an “wechatoa_openid” needs"}),
        ("key1", {"dingtalk_userid": "d1"}, {"bind_id": "bound under “all” only"}),
        ("nope", {"phone": "138"}, {"bind_id": "“nope” is neither"}),
        ("", {"phone": "13800, 13900"}, {"phone": "is not a value of “phone”"}),
        ("", {"email": "a b"}, {"email": "one @"}),
        ("", {"tag": "#NUM!"}, {"tag": "an error of Excel"}),
        ("", {"dingtalk_userid": "1.1E+17"}, {"dingtalk_userid": "may have lost digits"}),
        (
            "app123",
            {"app_regid": "r1", "wechatoa_openid": "o1"},
            {"wechatoa_openid": "bind_id names the channel of “app_regid”"},
        ),
    ],
)
def test_an_address_that_cannot_be_stored_is_a_problem_of_its_cell(
    workbook: WriteWorkbook, bind_id: str, cells: dict[str, str], problems: dict[str, str]
) -> None:
    row = with_contacts(workbook, bind_id, **cells)

    assert row.problems.keys() == problems.keys()
    for column, text in problems.items():
        assert text in row.problems[column]


def test_a_heading_may_name_the_bind_id_of_its_column(workbook: WriteWorkbook) -> None:
    header = ("userid", "App_RegID : app123", "注册ID：app9", "wechatoa_openid:shop1", "tag:key1")

    row = read_row(workbook, "u1", "r1,r2", "r3", "o1", "a", header=header)

    assert said(row) == [
        (Kind.APP, 7, "r1", True),
        (Kind.APP, 7, "r2", True),
        (Kind.APP, 9, "r3", True),
        (Kind.CONTACT, "wechatoa:shop1", "o1", True),
        (Kind.TAG, "key1", "a", False),
    ]


def test_wide_columns_mix_with_the_long_form(workbook: WriteWorkbook) -> None:
    header = (*LONG, "app_regid:app9")

    row = read_row(workbook, "u1", "app123", "r1", "vip", "r9", header=header)
    only_wide = read_row(workbook, "u1", "app123", "", "", "r9", header=header)

    assert [(scope, value) for _k, scope, value, _r in said(row)] == [
        (7, "r1"),
        ("all", "vip"),
        (9, "r9"),
    ]
    assert said(only_wide) == [(Kind.APP, 9, "r9", True)]


@pytest.mark.parametrize(
    ("heading", "reason"),
    [
        ("app_regid:ap123", "“app_regid:ap123” cannot be used.*Did you mean “app123”"),
        ("phone:app123", "“phone:app123” cannot be used.*“app123” is neither"),
    ],
)
def test_a_heading_with_an_unknown_bind_id_refuses_the_file_with_the_nearest_code(
    workbook: WriteWorkbook, heading: str, reason: str
) -> None:
    with pytest.raises(DomainError, match=reason):
        read_row(workbook, "u1", "r1", header=("userid", heading))
