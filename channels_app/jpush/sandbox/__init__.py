"""A stand-in JPush server: reached over HTTP only, unknown to the product."""

from channels_app.jpush.sandbox.options import Faults, Options
from channels_app.jpush.sandbox.server import Sandbox

__all__ = ["Faults", "Options", "Sandbox"]
