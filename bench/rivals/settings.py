"""The product's settings, with the rivals' addresses beside its own."""

from ums.settings import *  # noqa: F403  # everything but the addresses

ROOT_URLCONF = "bench.rivals.urls"
