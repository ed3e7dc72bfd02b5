"""What the ledger says about people, for segments (users_app.activity.Ledger)."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from messaging_app.audience import Audience
from messaging_app.models import Delivery, Message
from ums.lib.errors import DomainError
from ums.lib.sql import Query

# How long after its call a receipt of a batch counts as a sign of life: as long as JPush's own
# report looks back (protocol/jpush.md 10.1). So the batches lead to the rows, by their index.
RECEIPT_LIFE = timedelta(days=28)
_NEVER_SENT = (
    Message.State.CANCELLED,
    Message.State.RETRACTED,
    Message.State.FAILED,
    Message.State.MISSED,
)


def accepted(msgid: str, /) -> Query:
    """A receipt says so as well, where the call itself got no answer."""
    return Query(
        "SELECT delivery.userid FROM messaging_app_delivery AS delivery"
        " JOIN messaging_app_batch AS batch ON batch.id = delivery.batch_id"
        " WHERE delivery.message_id = %s AND delivery.state <> 'invalid_id'"
        " AND (batch.state = 'sent' OR delivery.state IN ('delivered', 'clicked'))",
        (_find(msgid).pk,),
    )


def received(msgid: str, /) -> Query:
    return _in_states(msgid, Delivery.State.DELIVERED, Delivery.State.CLICKED)


def clicked(msgid: str, /) -> Query:
    return _in_states(msgid, Delivery.State.CLICKED)


def seen_since(moment: datetime, /) -> Query:
    adapt = connection.ops.adapt_datetimefield_value
    since = adapt(moment)
    return Query(
        "SELECT delivery.userid FROM messaging_app_batch AS batch"
        " JOIN messaging_app_delivery AS delivery ON delivery.batch_id = batch.id"
        " WHERE batch.pushed_at >= %s"
        " AND (delivery.delivered_at >= %s OR delivery.clicked_at >= %s)",
        (adapt(moment - RECEIPT_LIFE), since, since),
    )


def check_audience(msgid: str, /) -> None:
    message = _find(msgid)
    if Audience.from_json(message.audience).registration_ids:
        raise DomainError(
            _(
                "The message %(msgid)s went to registrationIDs, which name no person, so nobody"
                " could be in the segment."
            )
            % {"msgid": msgid}
        )
    if message.expanded_at is None and message.state in _NEVER_SENT:
        raise DomainError(
            _("The message %(msgid)s was never sent, so nobody could be in the segment.")
            % {"msgid": msgid}
        )


def _find(msgid: str) -> Message:
    message = Message.objects.filter(msgid=msgid).only("audience", "state", "expanded_at").first()
    if message is None:
        raise DomainError(_("There is no message with the msgid “%(value)s”.") % {"value": msgid})
    return message


def _in_states(msgid: str, *states: Delivery.State) -> Query:
    return Query(
        "SELECT delivery.userid FROM messaging_app_delivery AS delivery"
        " WHERE delivery.message_id = %s"
        f" AND delivery.state IN ({', '.join(['%s'] * len(states))})",
        (_find(msgid).pk, *states),
    )
