"""What the contract tests find on the server: channels, two business lines, people, a template."""

import pytest

from channels_app.models import BusinessLine, Channel
from messaging_app.models import Template
from tests.messaging_app.conftest import folder, second  # noqa: F401  # fixtures
from tests.messaging_app.makers import add_person
from users_app.models import PersonList, PersonListEntry, Segment

TEMPLATE_ID = 10001  # of the original's examples, as are the next two
BLACK_ID = 1234
SEGMENT_ID = 1000
WHITE_ID = 1235


@pytest.fixture
def foreign(db: None) -> BusinessLine:
    """Another business line, with a channel of its own."""
    line = BusinessLine.objects.create(name="Bank", channel_key="BANK")
    line.channels.add(
        Channel.objects.create(code="bank", name="Bank", app_key="c", master_secret="s")
    )
    return line


@pytest.fixture
def crowd(
    business_line: BusinessLine,
    channel: Channel,
    second: Channel,  # noqa: F811  # the fixture
    foreign: BusinessLine,
) -> None:
    """People for every rule of protocol/ums.md 4; the line SHOP may use app1 and app2."""
    BusinessLine.objects.filter(pk=business_line.pk).update(channel_key="SHOP")
    business_line.refresh_from_db()
    business_line.channels.add(second)
    add_person("u1", devices={channel: ["r1"], second: ["s1"]}, tags=["SHOP/vip"])
    add_person("u2", devices={channel: ["r2", "r2b"]}, tags=["all/vip", "all/new"])
    add_person("u3", devices={channel: ["r3"]}, tags=["BANK/vip", "BANK/gold", "all/new"])
    add_person("u4", tags=["SHOP/vip"])
    add_person("u5", devices={foreign.channels.get(): ["x5"]}, tags=["SHOP/far"])
    add_person("u6", devices={channel: ["shared"]}, tags=["all/pair"])
    add_person("u7", devices={channel: ["shared"]}, tags=["all/pair"])


@pytest.fixture
def groups(db: None) -> None:
    """A segment, a block list and an allow list under the ids of the examples."""
    Segment.objects.create(pk=SEGMENT_ID, name="New", tags_any=["new"])
    for pk, kind, userid in (
        (BLACK_ID, PersonList.Kind.BLOCK, "u2"),
        (WHITE_ID, PersonList.Kind.ALLOW, "u2"),
    ):
        made = PersonList.objects.create(pk=pk, name=kind, kind=kind)
        PersonListEntry.objects.create(person_list=made, userid=userid)


@pytest.fixture
def template(channel: Channel) -> Template:
    made = Template.objects.create(pk=TEMPLATE_ID, name="Order", title="Hi {user}", text="{url}")
    made.channels.add(channel)
    return made


@pytest.fixture
def shop(business_line: BusinessLine, foreign: BusinessLine) -> BusinessLine:
    """The line SHOP with the channel app1, beside BANK with the channel bank."""
    business_line.channel_key = "SHOP"
    business_line.save()
    return business_line
