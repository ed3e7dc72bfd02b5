"""Creates a business line from a script."""

from argparse import ArgumentParser
from typing import Any

from channels_app.management.json_command import JsonCommand
from channels_app.services import create_business_line


class Command(JsonCommand):
    help = "Creates a business line and prints its ChannelKey and Master Secret, once, as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="unique")
        parser.add_argument(
            "--channel",
            nargs="+",
            action="extend",
            default=[],
            metavar="CODE",
            help="code of a channel that it may use; several codes, or repeat the option",
        )

    def make(self, **options: Any) -> dict[str, str]:
        line = create_business_line(name=options["name"], channel_codes=options["channel"])
        return {"channel_key": line.channel_key, "master_secret": line.master_secret}
