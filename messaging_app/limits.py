"""What a business line may not do just now: quiet hours, and its broadcasts of a day."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import BusinessLine
from channels_app.quiet_hours import quiet
from messaging_app.models import Message
from ums.lib import sql
from ums.lib.errors import Code, DomainError


def check_quiet_hours(line: BusinessLine, moment: datetime) -> None:
    """DomainError if a message that starts at `moment` would come in the line's quiet hours."""
    if until := quiet(line, moment):
        raise DomainError(
            _("The quiet hours of “%(line)s” last until %(until)s; send later.")
            % {"line": line.name, "until": until.strftime("%Y-%m-%d %H:%M %z")},
            Code.QUIET_HOURS,
        )


def check_broadcasts(line: BusinessLine) -> None:
    """DomainError if the line's broadcasts of today are used up.

    Call it inside the transaction that stores the broadcast: the next one waits for its end.
    """
    limit = line.broadcasts_per_day
    if limit is None:
        return
    sql.take_turns(f"messaging_app.broadcasts.{line.pk}")
    midnight = timezone.localtime(timezone=timezone.get_default_timezone()).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    used = Message.objects.filter(business_line=line, broadcast=True, created_at__gte=midnight)
    if used.count() >= limit:
        raise DomainError(
            _("“%(line)s” may send %(limit)d broadcasts a day; those of today are used up.")
            % {"line": line.name, "limit": limit},
            Code.BROADCASTS_USED_UP,
        )
