"""The file of webhook endpoints, the only destinations of webhooks; reloaded when it changes."""

import time
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import structlog
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from gateway.callers.caller import NAME
from gateway.named_tables import read_named_tables, validate_table
from gateway.webhooks.addresses import Network, find_network_fault, is_loopback
from gateway.webhooks.event_types import JOB_EVENTS, EventType
from gateway.webhooks.schedule import RETRY_SECONDS
from gateway.webhooks.signatures import decode_secret
from services.runtime.files import FileWatcher

# Endpoints in a file. Larger: each look at the queue takes longer.
MAX_ENDPOINTS = 64
# Bytes of a URL. Servers accept at least 8,000.
MAX_URL_LENGTH = 2000
# Active secrets of one endpoint. Larger: more signatures in the header of each attempt.
MAX_SECRETS = 8
# Attempts after the first one, and the longest pause before one of them.
MAX_RETRIES, MAX_PAUSE_SECONDS = 100, 86_400.0
PORTS = range(1, 65_536)
# Time that a changed file must stay as it is before it is read. Larger: changes apply later; files
# may be written more slowly.
SETTLE_SECONDS = 0.5

log = structlog.get_logger()


def _check_url(url: str) -> str:
    """Returns a URL; raises ValueError unless it is one of HTTP with a host and nothing secret."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("write https:// and a host")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("write no user, password or fragment; the signature authenticates")
    if len(url) > MAX_URL_LENGTH or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"write at most {MAX_URL_LENGTH} printable ASCII characters")
    # The property raises ValueError for a port beyond its range.
    if parts.port is not None and parts.port not in PORTS:
        raise ValueError("write a port from 1 to 65535")
    return url


def _check_network(text: str) -> str:
    """Returns a network; raises ValueError unless it is one that may be allowed."""
    if fault := find_network_fault(ip_network(text)):
        raise ValueError(fault)
    return text


Pause = Annotated[float, Field(ge=0, le=MAX_PAUSE_SECONDS)]


class WebhookEndpoint(BaseModel):
    """An endpoint: where events are sent, which, and how.

    secrets: all that are active, each of which signs. secret_files: paths of files with one each.
    events: types of events. owners, labels: only jobs of these callers, and with all these labels;
    empty for any. allow_networks: private and loopback networks in which its server may be.
    ca_file: certificate authorities, PEM; empty for those that browsers trust. timeout_seconds: of
    an attempt. max_concurrent: attempts at a time. retry_seconds: pauses between the attempts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=f"^{NAME}$")
    url: Annotated[str, AfterValidator(_check_url)]
    secrets: tuple[SecretStr, ...] = ()
    secret_files: tuple[str, ...] = ()
    events: frozenset[EventType] = Field(frozenset(JOB_EVENTS.values()), min_length=1)
    owners: frozenset[str] = frozenset()
    labels: dict[str, str] = Field(default_factory=dict)
    allow_networks: tuple[Annotated[str, AfterValidator(_check_network)], ...] = ()
    ca_file: str = ""
    timeout_seconds: float = Field(15, ge=0.1, le=60)
    max_concurrent: int = Field(4, ge=1, le=16)
    retry_seconds: tuple[Pause, ...] = Field(RETRY_SECONDS, max_length=MAX_RETRIES)

    @property
    def keys(self) -> list[bytes]:
        """The keys of the secrets that are active."""
        return [decode_secret(secret.get_secret_value()) for secret in self.secrets]

    @property
    def has_tls(self) -> bool:
        """Whether events are sent with TLS."""
        return urlsplit(self.url).scheme == "https"

    @property
    def networks(self) -> list[Network]:
        """The networks in which its server may be, in addition to public addresses."""
        return [ip_network(text) for text in self.allow_networks]

    def accepts(self, event: EventType, owner: str, labels: Mapping[str, str]) -> bool:
        """Returns whether the endpoint receives an event of a job.

        owner, labels: of the job.
        """
        has_labels = self.labels.items() <= labels.items()
        return event in self.events and self.may_concern(owner) and has_labels

    def may_concern(self, owner: str) -> bool:
        """Returns whether the endpoint may receive events of an owner's jobs."""
        return not self.owners or owner in self.owners


class WebhookEndpoints:
    """The endpoints of a file, by name.

    Raises SystemExit when the file is invalid at first. An invalid change is logged, and the
    endpoints read before stay in force.
    """

    def __init__(self, path: str, settle_seconds: float = SETTLE_SECONDS) -> None:
        """Reads the file at a path; raises SystemExit when it is invalid.

        settle_seconds: time that files must stay as they are before a change is read.
        """
        self._path, self._settle_seconds = Path(path), settle_seconds
        self._watch_files([self._path])
        # Time of the last change that was not read yet, as time.monotonic(); None without one.
        self._changed: float | None = None
        try:
            self._by_name = self._read()
        except (OSError, ValueError) as error:
            raise SystemExit(f"the file of webhooks {path} cannot be used: {error}") from None

    @property
    def by_name(self) -> Mapping[str, WebhookEndpoint]:
        """The endpoints as last read; safe to use in any thread."""
        return self._by_name

    def reload_changed_file(self) -> None:
        """Reads the file, and those that it names, again if one has changed and is complete.

        A file that changes is one that is being written: it is read once it stays as it is.
        """
        if self._changes.has_changed():
            self._changed = time.monotonic()
        elif self._changed is not None and time.monotonic() - self._changed >= self._settle_seconds:
            self._changed = None
            self._reload()

    def _reload(self) -> None:
        """Reads the files, unless one changes meanwhile; logs the result."""
        try:
            by_name = self._read()
        except (OSError, ValueError) as error:
            log.warning("changed file of webhooks is invalid", cause=str(error))
            return
        if self._changes.has_changed():
            self._changed = time.monotonic()
            return
        self._by_name = by_name
        log.info("webhook endpoints reloaded", endpoints=sorted(by_name))

    def _read(self) -> dict[str, WebhookEndpoint]:
        """Returns the endpoints of the file; what it names is watched before it is read."""
        document = tomllib.loads(self._path.read_text())
        while (paths := [self._path, *_list_secret_files(document)]) != self._watched:
            self._watch_files(paths)
            document = tomllib.loads(self._path.read_text())
        return _read_document(document)

    def _watch_files(self, paths: list[Path]) -> None:
        """Detects changes of files from now on."""
        self._watched, self._changes = paths, FileWatcher(paths)


def parse_endpoints(text: str) -> dict[str, WebhookEndpoint]:
    """Parses the TOML text of a file of webhooks; returns its endpoints by name.

    An endpoint is a table [endpoint.NAME]. Raises ValueError with the reason when the text is
    invalid, or a file of secrets cannot be read.
    """
    return _read_document(tomllib.loads(text))


def _read_document(document: dict[str, Any]) -> dict[str, WebhookEndpoint]:
    """Returns the endpoints of a parsed file; as of parse_endpoints."""
    if not document.keys() <= {"endpoint"}:
        raise ValueError("only [endpoint.NAME] may be in it")
    tables = read_named_tables(document, "endpoint")
    if not tables:
        # As a file is at the beginning of many ways to write it.
        raise ValueError("it has no [endpoint.NAME]; without endpoints, name no file")
    if len(tables) > MAX_ENDPOINTS:
        raise ValueError(f"it has {len(tables)} endpoints; write at most {MAX_ENDPOINTS}")
    return {name: _read_endpoint(name, fields) for name, fields in sorted(tables.items())}


def _list_secret_files(document: Mapping[str, Any]) -> list[Path]:
    """Returns the paths of secrets that a parsed file names, valid or not."""
    tables = document.get("endpoint")
    tables = tables.values() if isinstance(tables, dict) else ()
    named = [table.get("secret_files") for table in tables if isinstance(table, dict)]
    lists = (each for each in named if isinstance(each, list))
    paths = (path for each in lists for path in each if isinstance(path, str))
    return [Path(path) for path in paths if "\0" not in path]


def _read_secret(path: str, heading: str) -> SecretStr:
    """Returns the secret of a file; raises ValueError when it cannot be read.

    The text does not contain the path, which may be a secret at the wrong place.
    """
    try:
        return SecretStr(Path(path).read_text().strip())
    except OSError as error:
        reason = f"a file cannot be read, {error.strerror}"
    except ValueError:
        reason = "a file is no text"
    raise ValueError(
        f"{heading}, secret_files: {reason}; write paths of files, and secrets into secrets"
    )


def _read_endpoint(name: str, fields: Mapping[str, object]) -> WebhookEndpoint:
    """Returns an endpoint with the secrets of its files; raises ValueError when it is invalid."""
    heading = f"[endpoint.{name}]"
    endpoint = validate_table(WebhookEndpoint, {"name": name, **fields}, heading)
    read = [_read_secret(path, heading) for path in endpoint.secret_files]
    endpoint = endpoint.model_copy(update={"secrets": (*endpoint.secrets, *read)})
    if not 1 <= len(endpoint.secrets) <= MAX_SECRETS:
        raise ValueError(f"{heading}: write 1 to {MAX_SECRETS} secrets or secret_files")
    try:
        endpoint.keys  # noqa: B018
    except ValueError as error:
        raise ValueError(f"{heading}, secrets: {error}") from None
    is_local = any(is_loopback(str(each.network_address)) for each in endpoint.networks)
    if not endpoint.has_tls and not is_local:
        raise ValueError(
            f"{heading}, url: write https; http is for this machine alone, with its network in "
            'allow_networks, such as "127.0.0.0/8"'
        )
    return endpoint
