"""The demonstration: real flights posted as KServe logger events, an upstream fault, and the alerts about it."""

from sparkmon.demo.live import Display as Display
from sparkmon.demo.run import (
    WINDOW_S as WINDOW_S,
    DemoResult as DemoResult,
    run_demo as run_demo,
)
