"""The version of the client, the gateway and the services."""

__version__ = "0.1.0"
