"""The demonstration: real flights posted as KServe logger events, an upstream fault, and the alerts about it."""

from sparkmon.demo.run import DemoResult, OnAlert, Report, run_demo

__all__ = ["DemoResult", "OnAlert", "Report", "run_demo"]
