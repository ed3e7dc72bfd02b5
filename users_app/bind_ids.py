"""The bind_ids of an upload: which of them its sender may use (protocol/ums.md 1.2 and 2)."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Value
from django.utils.translation import gettext as _

from channels_app.models import BusinessLine, Channel
from users_app.changes import ALL, SHOWN_CHARACTERS, RefusedError, shown


@dataclass(frozen=True, slots=True)
class BindIds:
    channels: Mapping[str, int]  # channel code -> Channel id
    lines: frozenset[str]  # ChannelKeys
    others: frozenset[str] = frozenset()  # codes of channels that may not be used
    _hints: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def channel_id(self, bind_id: str) -> int:
        try:
            return self.channels[bind_id]
        except KeyError:
            raise RefusedError(
                _("“%(value)s” is not the code of a channel that can be used here. %(hint)s")
                % {"value": shown(bind_id), "hint": self._hint(bind_id)}
            ) from None

    def tag_scope(self, bind_id: str) -> str:
        if bind_id == ALL or bind_id in self.lines:
            return bind_id
        raise RefusedError(
            _(
                "A tag is bound under “all” or under a ChannelKey that can be used here;"
                " “%(value)s” is neither."
            )
            % {"value": shown(bind_id)}
        )

    def _hint(self, bind_id: str) -> str:
        """What to write instead; remembered, since a file repeats its mistakes."""
        key = bind_id[:SHOWN_CHARACTERS]
        if key not in self._hints:
            codes = {code.casefold(): code for code in self.channels}
            near = difflib.get_close_matches(key.casefold(), codes, n=1)
            if near:
                hint = _("Did you mean “%(code)s”?") % {"code": codes[near[0]]}
            elif codes:
                some = ", ".join(sorted(codes.values())[:10])
                hint = _("Channel codes are: %(codes)s.") % {"codes": some}
            else:
                hint = _("There is no channel yet: an administrator must create one first.")
            self._hints[key] = hint
        return self._hints[key]


def bind_ids_for(line: BusinessLine | None) -> BindIds:
    """What `line` may name in an upload, or everything for an operator or a global key."""
    if line is None:
        # A ChannelKey comes with no id.
        rows = list(
            Channel.objects.order_by()
            .values_list("code", "id")
            .union(BusinessLine.objects.order_by().values_list("channel_key", Value(0)), all=True)
        )
        return BindIds(
            {code: pk for code, pk in rows if pk}, frozenset(key for key, pk in rows if not pk)
        )
    through = BusinessLine.channels.through
    mine = Exists(through.objects.filter(businessline=line.pk, channel=OuterRef("pk")))
    channels = list(Channel.objects.order_by().values_list("code", "id", mine))
    return BindIds(
        {code: pk for code, pk, usable in channels if usable},
        frozenset([line.channel_key]),
        frozenset(code for code, _pk, usable in channels if not usable),
    )
