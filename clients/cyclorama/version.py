"""The version of everything in this repository, in its one place."""

__version__ = "0.1.0"
