"""Creates a channel from a script."""

from argparse import ArgumentParser
from typing import Any

from channels_app.callbacks import callback_url
from channels_app.management.json_command import JsonCommand
from channels_app.services import create_channel


class Command(JsonCommand):
    help = "Creates a channel and prints its code and its callback address as one JSON object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--code", required=True, help="letters and digits, unique")
        parser.add_argument("--name", required=True, help="at most 30 characters, unique")
        parser.add_argument("--app-key", required=True, help="AppKey of the JPush app")
        parser.add_argument("--master-secret", required=True, help="Master Secret of the JPush app")
        parser.add_argument(
            "--api-url", default="", help="request URL; makes it a channel of a private cloud"
        )

    def make(self, **options: Any) -> dict[str, str]:
        channel = create_channel(
            code=options["code"],
            name=options["name"],
            app_key=options["app_key"],
            master_secret=options["master_secret"],
            api_url=options["api_url"],
        )
        return {
            "code": channel.code,
            "callback_path": channel.callback_path,
            "callback_url": callback_url(channel),
        }
