"""The columns that an uploaded table may have: their names and headings."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from ums.lib.errors import DomainError
from users_app.changes import shown
from users_app.contacts import ContactKind
from users_app.files.values import Value, is_blank, text_of

USERID, BIND_ID, APP_REGID, TAG = "userid", "bind_id", "app_regid", "tag"
CONTACT_KINDS = {
    "phone": ContactKind.PHONE,
    "email": ContactKind.EMAIL,
    "wechatoa_openid": ContactKind.WECHATOA,
    "wechatmp_openid": ContactKind.WECHATMP,
    "alipaylife_userid": ContactKind.ALIPAYLIFE,
    "dingtalk_userid": ContactKind.DINGTALKCC,
    "wechatwk_userid": ContactKind.WECHATWK,
    "wechatwk_linkedcorp_userid": ContactKind.WECHATWK_LINKEDCORP,
}  # protocol/ums.md 1.1
# Columns whose values belong to one channel (protocol/ums.md 1.2).
OF_CHANNEL = frozenset({APP_REGID, "wechatoa_openid", "wechatmp_openid", "alipaylife_userid"})
# Columns whose values are seen by every business line or by one.
OF_LINE = frozenset({TAG, "phone", "email"})
VALUES = (APP_REGID, TAG, *CONTACT_KINDS)
COLUMNS = (USERID, BIND_ID, *VALUES)
REASON = "reason"  # the column that the workbook of bad rows adds
MAX_COLUMNS = 16_384  # as in Excel

CHINESE = {
    USERID: ("用户ID", "用户"),
    BIND_ID: ("绑定标识", "通道编码"),
    APP_REGID: ("App注册ID", "注册ID"),
    TAG: ("标签",),
    "phone": ("手机号", "手机", "电话"),
    "email": ("邮箱", "电子邮箱"),
    "wechatoa_openid": ("公众号openid", "微信公众号openid"),
    "wechatmp_openid": ("小程序openid", "微信小程序openid"),
    "alipaylife_userid": ("支付宝用户ID", "支付宝生活号用户ID"),
    "dingtalk_userid": ("钉钉用户ID",),
    "wechatwk_userid": ("企业微信用户ID",),
    "wechatwk_linkedcorp_userid": ("互联企业用户ID", "企业微信互联企业用户ID"),
}
_NAMES = {name: name for name in (*COLUMNS, REASON)} | {
    heading.casefold(): name for name, headings in CHINESE.items() for heading in headings
}


def column_name(value: Value) -> str | None:
    """Our name of the column, such as "tag" or, in the wide form, "app_regid:app123"."""
    if not isinstance(value, str):
        return None
    heading = value.strip()
    name = _NAMES.get(heading.casefold())
    if name or (":" not in heading and "：" not in heading):
        return name
    # A code keeps its case: it is compared exactly.
    front, _colon, bind_id = heading.replace("：", ":", 1).partition(":")
    name = _NAMES.get(front.strip().casefold())
    return f"{name}:{bind_id.strip()}" if name in VALUES and bind_id.strip() else None


def is_header(values: Sequence[Value]) -> bool:
    return USERID in map(column_name, values)


def places_of(values: Sequence[Value]) -> dict[str, int]:
    """Our name of each column -> its place; DomainError for a header that cannot work."""
    columns: dict[str, int] = {}
    for place, value in enumerate(values):
        name = column_name(value)
        if name in columns:
            raise DomainError(
                _("The column “%(name)s” stands in the sheet twice. Delete or rename one of them.")
                % {"name": shown(str(name))}
            )
        if name:
            columns[name] = place
    _require_values(columns, values)
    return columns


def ignored_headings(values: Sequence[Value]) -> tuple[str, ...]:
    texts = (text_of(value).strip() for value in values if column_name(value) is None)
    return tuple(shown(text) for text in texts if text)


def no_header(found: Sequence[str]) -> DomainError:
    named = ", ".join((USERID, BIND_ID, APP_REGID, TAG, "phone", "email", "…"))
    if not found:
        return DomainError(
            _("The file holds no table. Its first row must hold column names: %(columns)s.")
            % {"columns": named}
        )
    return DomainError(
        _(
            "There is no column “userid”. The first row must hold column names (%(columns)s); it"
            " holds %(found)s."
        )
        % {"columns": named, "found": _quoted(found)}
    )


def too_many_columns() -> DomainError:
    return DomainError(
        _("The table has more than %(limit)d columns. Delete those that are not needed.")
        % {"limit": MAX_COLUMNS}
    )


def _require_values(columns: Mapping[str, int], values: Sequence[Value]) -> None:
    if not any(name.partition(":")[0] in VALUES for name in columns):
        raise _missing(_("with something to store, such as app_regid, tag or phone"), values)
    if BIND_ID not in columns:
        for name in columns:
            if name in OF_CHANNEL:
                raise _missing(
                    _("bind_id (the code of the channel that “%(name)s” belongs to)")
                    % {"name": name},
                    values,
                )


def _missing(name: str, values: Sequence[Value]) -> DomainError:
    found = [text_of(value).strip() for value in values if not is_blank(value)]
    return DomainError(
        _("There is no column %(name)s. Found: %(found)s.")
        % {"name": name, "found": _quoted(found)}
    )


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(f"“{shown(text)}”" for text in texts[:20])
