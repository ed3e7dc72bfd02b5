"""Creates a global access key from a script."""

from argparse import ArgumentParser
from typing import Any

from channels_app.management.json_command import JsonCommand
from channels_app.services import create_access_key


class Command(JsonCommand):
    help = "Creates an access key for the user API and prints it with its Master Secret, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="unique")

    def make(self, **options: Any) -> dict[str, str]:
        holder = create_access_key(name=options["name"])
        return {"access_key": holder.access_key, "master_secret": holder.master_secret}
