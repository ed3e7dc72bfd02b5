"""The bodies of the user API as types, and what is said to who sends something else."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from django.utils.translation import gettext as _
from msgspec import Meta

from ums.lib.errors import DomainError
from users_app.changes import shown

# The original's limit is not known (protocol/ums.md 12.2); a send has the same one.
MAX_USERS = 1000
# Typed clients write a field that they do not use as null, "" or {}: it says nothing.
Unsaid = Literal[""] | None
Texts = dict[str, list[str]]
Text = dict[str, str]

Tags = Annotated[Texts | Unsaid, Meta(description="`all` or a ChannelKey → tags")]
Devices = Annotated[Texts | Unsaid, Meta(description="Channel code → registrationIDs")]
OfLine = Annotated[Text | Unsaid, Meta(description="`all` or a ChannelKey → one value")]
OfChannel = Annotated[Text | Unsaid, Meta(description="Channel code → one id")]
OfAll = Annotated[str | Text | None, Meta(description='One id, or {"all": id}')]
ManyOfAll = Annotated[
    list[str] | Texts | Unsaid,
    Meta(description='Ids such as CorpId/userid, or {"all": ids}; [] in `set` clears'),
]


class UserFields(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What can be bound to a person, by kind and bind_id (protocol/ums.md 1.2 and 3.4)."""

    tag: Tags = None
    phone: OfLine = None
    email: OfLine = None
    app: Devices = None
    wechatoa: OfChannel = None
    wechatmp: OfChannel = None
    alipaylife: OfChannel = None
    dingtalkcc: OfAll = None
    wechatwk: OfAll = None
    wechatwk_linkedcorp: ManyOfAll = None


class UserItem(UserFields, kw_only=True, forbid_unknown_fields=False, gc=False):
    """One person of an upload. Fields beside `set`, `add` and `del` count as `set`."""

    userid: Annotated[str | int, Meta(description="1 to 64 characters; an integer is its digits")]
    set: UserFields | None = None
    add: UserFields | None = None
    del_: UserFields | None = msgspec.field(default=None, name="del")


FIELDS = UserFields.__struct_fields__
T = TypeVar("T")
_STEP = re.compile(r"\.(\w+)|\[(\d+|\.\.\.)\]")
_UNKNOWN = "Object contains unknown field "
_TYPE_NAMES = {dict: "object", list: "array", type(None): "null"}


class ItemShape(Generic[T]):
    """Reads the items of a request's array one by one, so that a refusal can name the item."""

    def __init__(self, shape: Any) -> None:
        self._decoder = msgspec.json.Decoder(shape)

    def read(self, number: int, raw: msgspec.Raw) -> T:
        """DomainError naming item, person, place and rule if `raw` has another form."""
        try:
            item: T = self._decoder.decode(raw)
        except msgspec.ValidationError as exc:
            raise DomainError(_explained(number, raw, str(exc))) from exc
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            raise DomainError(
                _("Item %(number)d is not JSON in UTF-8: %(reason)s.")
                % {"number": number, "reason": exc}
            ) from exc
        return item


def _explained(number: int, raw: msgspec.Raw, error: str) -> str:
    where = _("Item %(number)d") % {"number": number}
    try:
        item = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return f"{where}: {error}."  # such as a number with more digits than anybody can read
    userid = item.get("userid") if isinstance(item, dict) else item
    if userid is None:
        return _("%(place)s has no userid; it must be a string.") % {"place": where}
    if isinstance(item, dict) and type(userid) in (str, int):
        where = _("%(place)s, userid “%(userid)s”") % {"place": where, "userid": shown(str(userid))}
    rule, _at, path = error.rpartition(" - at `$") if " - at `$" in error else (error, "", "")
    steps = tuple(name or index for name, index in _STEP.findall(path))
    if rule.startswith(_UNKNOWN):
        name = ".".join((*steps, rule.removeprefix(_UNKNOWN).strip("`")))
        return _("%(item)s: “%(place)s” is not known; possible are %(kinds)s.") % {
            "item": where,
            "place": shown(name),
            "kinds": ", ".join(FIELDS),
        }
    expected, _got, got = rule.partition(", got ")
    # msgspec does not say which bind_id: it is the first that holds what is complained of.
    for place, value in _places(item, steps):
        if "..." not in steps or _type_name(value) == got.strip("`"):
            return _("%(item)s: %(place)s must be %(expected)s, not %(value)s.") % {
                "item": where,
                "place": shown(".".join(place)) or _("it"),
                "expected": _expected(expected, steps[-1] if steps else ""),
                "value": shown(msgspec.json.encode(value).decode()),
            }
    return f"{where}: {error}."  # below a key that stands there twice


def _places(value: Any, steps: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The places below `value` that `steps` may mean, with what stands there."""
    if not steps:
        yield (), value
        return
    below: Any = dict(enumerate(value)) if isinstance(value, list) else value
    for name in below if isinstance(below, dict) else ():
        if steps[0] in ("...", str(name)):
            for place, found in _places(below[name], steps[1:]):
                yield (str(name), *place), found


def _type_name(value: object) -> str:
    return _TYPE_NAMES.get(type(value), type(value).__name__)


def _expected(rule: str, field: str) -> str:
    """In words what `field` takes; `rule` is msgspec's, which is silent where "" is allowed."""
    no_types = not rule.startswith("Expected")
    if field == "wechatwk_linkedcorp" or (not no_types and "array" in rule):
        return _("an array of strings")
    if field not in ("dingtalkcc", "wechatwk") and (no_types or "object" in rule):
        return _("an object")
    return _("a string")
