"""Files that are downloaded: a name of their own until they are complete, and their checksum."""

import hashlib
import os
from pathlib import Path


class DownloadError(Exception):
    """A file could not be downloaded; the text says what to do."""


def has_checksum(path: Path, sha256: str) -> bool:
    """Whether the SHA-256 of a file begins with these hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest().startswith(sha256)


def partial_path_of(path: Path) -> Path:
    """Returns the path under which a file is kept until it is complete and checked."""
    return path.with_name(f"{path.name}.part")


def accept_file(partial_path: Path, path: Path, sha256: str) -> None:
    """Renames a complete file if its SHA-256 begins with `sha256`.

    Otherwise deletes it and raises DownloadError.
    """
    if not has_checksum(partial_path, sha256):
        partial_path.unlink()
        raise DownloadError(
            f"what came for {path.name} is another file; check the mirror, then try again"
        )
    os.replace(partial_path, path)
