"""Starts one service and runs a load test; arguments after `--` are passed to cyclorama.load.

python -m benchmarks.load segmentation [--engine noop] [--target HOST:PORT] [-- --users 20 ...]

The gateway runs in front of noop stages, unless another engine is named.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.serving import build_gateway_settings, start_process
from cyclorama.load.__main__ import main as run_load_test
from cyclorama.stages import STAGES


def main() -> None:
    """Starts the services that are needed and runs the load test."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=[*STAGES, "gateway"])
    parser.add_argument("--engine", default="", help="the only engine to open; empty: all")
    parser.add_argument("--target", default="", help="address of a running service to test instead")
    arguments, more = parser.parse_known_args()
    more = [word for word in more if word != "--"]
    engine = arguments.engine or (
        "noop" if arguments.stage == "gateway" and not arguments.target else ""
    )
    more += ["--engine", engine] if engine else []
    if arguments.target:
        return run_load_test([arguments.stage, "--target", arguments.target, *more])
    with start_target(arguments.stage, engine) as (address, pid):
        run_load_test([arguments.stage, "--target", address, "--pid", str(pid), *more])


@contextmanager
def start_target(stage: str, engine: str) -> Iterator[tuple[str, int]]:
    """Starts a service with one engine, or with all if "": its address and process id."""
    engines = {f"CYCLORAMA_{name.upper()}_ENGINES": engine for name in STAGES if engine}
    with ExitStack() as stack:
        if stage != "gateway":
            address, running = stack.enter_context(start_process(f"services.{stage}", **engines))
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            settings = build_gateway_settings("", folder) | dict(
                start_stages(stack, engine, engines)
            )
            address, running = stack.enter_context(start_process("gateway", **settings))
        yield address, running.pid


def start_stages(
    stack: ExitStack, engine: str, engines: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """Starts the stages of a gateway and yields the settings with their addresses."""
    idle = stack.enter_context(start_process("benchmarks.noop"))[0] if engine == "noop" else ""
    for stage in STAGES:
        address = idle or stack.enter_context(start_process(f"services.{stage}", **engines))[0]
        yield f"CYCLORAMA_GATEWAY_{stage.upper()}_ADDRESS", address


if __name__ == "__main__":
    main()
