"""Plugins of every test run."""

pytest_plugins = ["tests.support.sam", "tests.support.workers"]
