"""A file server for tests that truncates responses, ignores ranges or returns errors."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer(ThreadingHTTPServer):
    """Serves `files` by path, with faults.

    cut_after: bytes after which each of the next responses is truncated. ranges: whether to honor
    Range headers. status: returned instead of a file unless 200. requested_ranges: the Range header
    of every request, in order.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _FileHandler)
        self.files = files
        self.cut_after: list[int] = []
        self.ranges, self.status = True, 200
        self.requested_ranges: list[str | None] = []

    @property
    def url(self) -> str:
        """The URL of the server, without a slash at its end."""
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def run_file_server(files: dict[str, bytes]) -> Iterator[FileServer]:
    """Runs a FileServer in a thread, on a free port of the loopback interface."""
    server = FileServer(files)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _FileHandler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        requested = self.headers.get("Range")
        self.server.requested_ranges.append(requested)
        data = self.server.files.get(self.path)
        if data is None or self.server.status != 200:
            self.send_error(404 if data is None else self.server.status)
            return
        start = (
            int(re.fullmatch(r"bytes=(\d+)-", requested)[1])
            if requested and self.server.ranges
            else 0
        )
        if start and start >= len(data):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        cut = self.server.cut_after.pop(0) if self.server.cut_after else len(data)
        self.wfile.write(data[start : start + cut])
        if start + cut < len(data):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass
