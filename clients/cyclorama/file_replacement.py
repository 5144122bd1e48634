"""Writes files whole: a full disk or an interruption leaves an earlier file as it was."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path


def replace_file(path: str | Path, data: bytes) -> None:
    """Writes a file whole, or leaves it as it was; other programs never see half of it.

    path: also a link to the file. A device or a pipe is written directly.

    Raises OSError when the file cannot be written.
    """
    target = Path(os.path.realpath(path))
    mode = target.stat().st_mode if target.exists() else None
    if mode is not None and not stat.S_ISREG(mode):
        target.write_bytes(data)
        return
    if mode is not None and not os.access(target, os.W_OK):
        # Replacing would also work where writing is forbidden.
        target.open("r+b").close()
    unfinished = target.with_name(f".cyclorama-{secrets.token_hex(8)}")
    try:
        with unfinished.open("xb") as file:
            file.write(data)
        if mode is not None:
            unfinished.chmod(stat.S_IMODE(mode))
        os.replace(unfinished, target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        with suppress(OSError):
            unfinished.unlink()
