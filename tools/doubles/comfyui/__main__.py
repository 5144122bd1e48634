"""Runs a double of ComfyUI: python -m tools.doubles.comfyui --version 0.36.0.

A real HTTP and WebSocket server in its own process, which validates and executes graphs of core
nodes like one version of ComfyUI, and paints images that depend on the whole graph. Control it with
POST /double, as server.py lists it.
"""

import argparse
import asyncio
import contextlib
import socket

from aiohttp import web

from tools.doubles.comfyui.options import DoubleOptions
from tools.doubles.comfyui.server import ComfyServer


def main() -> None:
    """Prints the port and serves until the process is killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    defaults = DoubleOptions()
    parser.add_argument("--port", type=int, default=8188)
    parser.add_argument("--version", default=defaults.version, help="of ComfyUI")
    parser.add_argument("--seconds", type=float, default=0.0, help="time for one image")
    parser.add_argument("--auth", default="", help='header that it requires: "Name: value"')
    parser.add_argument("--model", default=defaults.model, help="checkpoints, with commas between")
    parser.add_argument("--previews", action="store_true", help="send previews while sampling")
    args = vars(parser.parse_args())
    port = args.pop("port")
    server = ComfyServer(DoubleOptions(**args))
    listener = socket.create_server(("127.0.0.1", port))
    print(listener.getsockname()[1], flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(server.create_app(), listener))


async def _serve(app: web.Application, listener: socket.socket) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    main()
