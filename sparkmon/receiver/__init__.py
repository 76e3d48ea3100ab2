"""The HTTP endpoint that KServe's logger posts to. Needs no Spark."""

from sparkmon.receiver.app import create_app as create_app, serve as serve
from sparkmon.receiver.settings import ReceiverSettings as ReceiverSettings
