"""The people of a three-condition segment, counted by one statement written for it by hand."""

from ums.lib import sql

_STATES = {"clicked": "('clicked')", "received": "('clicked', 'delivered')"}


def count(tag: str, channel_id: int, activity: str, msgid: str) -> int:
    """As a joiner would write it: no set is built that the database does not want to build.

    Right only where a person has the tag, a device in the channel and a Delivery once.
    """
    return int(
        sql.scalar(
            "SELECT COUNT(*) FROM messaging_app_message AS message"
            " JOIN messaging_app_delivery AS delivery ON delivery.message_id = message.id"
            " JOIN users_app_enduser AS person ON person.userid = delivery.userid"
            " JOIN users_app_tag AS tag ON tag.end_user_id = person.id AND tag.name = %s"
            " JOIN users_app_registration AS device"
            " ON device.end_user_id = person.id AND device.channel_id = %s"
            f" WHERE message.msgid = %s AND delivery.state IN {_STATES[activity]}"
            " AND device.invalid_at IS NULL",
            [tag, channel_id, msgid],
        )
    )
