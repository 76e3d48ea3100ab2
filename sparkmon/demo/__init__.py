"""The demonstration: real flights posted as KServe logger events, an upstream fault, and the alerts about it."""

from sparkmon.demo.run import (
    WINDOW_S as WINDOW_S,
    DemoResult as DemoResult,
    OnAlert as OnAlert,
    Report as Report,
    run_demo as run_demo,
)
