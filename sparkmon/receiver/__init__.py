"""The HTTP endpoint that KServe's logger posts to. Needs no Spark."""

from sparkmon.receiver.app import create_app, serve
from sparkmon.receiver.settings import ReceiverSettings

__all__ = ["ReceiverSettings", "create_app", "serve"]
