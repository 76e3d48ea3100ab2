"""The demonstration: real flights posted as KServe logger events, an upstream fault, and the alerts about it."""

from sparkmon.demo.run import WINDOW_S, DemoResult, OnAlert, Report, run_demo

__all__ = ["WINDOW_S", "DemoResult", "OnAlert", "Report", "run_demo"]
