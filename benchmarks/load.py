"""Starts one service alone and puts it under load; the words after `--` go to cyclorama.load.

python -m benchmarks.load segmentation [--engine noop] [--target HOST:PORT] [-- --users 20 ...]

The gateway stands before stages that do nothing, unless it is given another engine.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.serving import gateway_settings, process
from cyclorama.load.__main__ import main as put_under_load
from cyclorama.stages import STAGES


def main() -> None:
    """Starts what is needed and loads it."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("stage", choices=[*STAGES, "gateway"])
    words.add_argument("--engine", default="", help="that alone is opened; empty: all")
    words.add_argument("--target", default="", help="loads what runs there; starts nothing")
    asked, more = words.parse_known_args()
    more = [word for word in more if word != "--"]
    engine = asked.engine or ("noop" if asked.stage == "gateway" and not asked.target else "")
    more += ["--engine", engine] if engine else []
    if asked.target:
        return put_under_load([asked.stage, "--target", asked.target, *more])
    with started(asked.stage, engine) as (address, pid):
        put_under_load([asked.stage, "--target", address, "--pid", str(pid), *more])


@contextmanager
def started(stage: str, engine: str) -> Iterator[tuple[str, int]]:
    """The address and the process of a service with one engine, or with all that it has."""
    opened = {f"CYCLORAMA_{name.upper()}_ENGINES": engine for name in STAGES if engine}
    with ExitStack() as stack:
        if stage != "gateway":
            address, running = stack.enter_context(process(f"services.{stage}", **opened))
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            settings = gateway_settings("", folder) | dict(behind(stack, engine, opened))
            address, running = stack.enter_context(process("gateway", **settings))
        yield address, running.pid


def behind(stack: ExitStack, engine: str, opened: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Starts the stages of a gateway and yields its settings."""
    idle = stack.enter_context(process("benchmarks.noop"))[0] if engine == "noop" else ""
    for stage in STAGES:
        address = idle or stack.enter_context(process(f"services.{stage}", **opened))[0]
        yield f"CYCLORAMA_GATEWAY_{stage.upper()}_ADDRESS", address


if __name__ == "__main__":
    main()
