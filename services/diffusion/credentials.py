"""Reads what proves who calls an image server, and which certificates to trust, from files."""

import base64
import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from services.runtime.errors import EngineNotReady

# The name of an HTTP header (RFC 9110, section 5.1), a colon, and a value of printable ASCII.
HEADER_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([ -~]+)")


@dataclass(frozen=True)
class AuthHeader:
    """The HTTP header that proves to a server who calls; its value is a secret."""

    name: str
    value: str = field(repr=False)


def read_basic_auth(path: str, setting: str) -> AuthHeader | None:
    """Returns the header of HTTP Basic authentication for a file that contains user:password.

    Raises EngineNotReady if the file cannot be read or contains something else.

    path: of the file; empty returns None, for no credentials.
    setting: name of the environment variable that contains the path, for the error.
    """
    if not path:
        return None
    credentials = _read_secret(path, setting)
    if b":" not in credentials:
        raise EngineNotReady(f"the file of {setting} must hold user:password")
    return AuthHeader("Authorization", f"Basic {base64.b64encode(credentials).decode()}")


def read_auth_header(path: str, setting: str) -> AuthHeader | None:
    """Returns the header in a file that contains one line, such as Authorization: Bearer abc.

    Raises EngineNotReady if the file cannot be read or contains something else.

    path: of the file; empty returns None, for no credentials.
    setting: name of the environment variable that contains the path, for the error.
    """
    if not path:
        return None
    line = HEADER_LINE.fullmatch(_read_secret(path, setting).decode("ascii", "replace"))
    if not line:
        text = "must hold one line such as Authorization: Bearer abc"
        raise EngineNotReady(f"the file of {setting} {text}")
    return AuthHeader(line[1], line[2])


def _read_secret(path: str, setting: str) -> bytes:
    """Returns a file's content without white space around it.

    Raises EngineNotReady, without the path, if it cannot be read.

    setting: name of the environment variable that contains the path, for the error.
    """
    try:
        return Path(path).read_bytes().strip()
    except OSError:
        raise EngineNotReady(f"the file of {setting} cannot be read") from None


def check_ca_file(path: str, setting: str) -> None:
    """Raises EngineNotReady, without the path, unless a file contains certificates to trust.

    path: of the file; empty for the public certificates.
    setting: name of the environment variable that contains the path, for the error.
    """
    if not path:
        return
    try:
        ssl.create_default_context(cafile=path)
    # SSLError is an OSError, too.
    except ssl.SSLError:
        raise EngineNotReady(f"the file of {setting} must hold certificates in PEM") from None
    except OSError:
        raise EngineNotReady(f"the file of {setting} cannot be read") from None
