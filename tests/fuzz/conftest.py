"""The long run of `make fuzz`."""

from hypothesis import settings

settings.register_profile("fuzz", max_examples=8_000, derandomize=False)
