"""The artifact store: bytes under their own hash, and small records that point at them."""

import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore

from services.runtime.errors import ArtifactStoreUnavailable, NotFound
from services.runtime.objects import STORE_VERSION, hash_content, object_path_from_key, open_store

CHUNK = 2**20


@dataclass(frozen=True)
class Kept:
    """Something in the store: where, when it was last written, and its size in bytes."""

    path: str
    written: datetime
    size: int

    @property
    def name(self) -> str:
        """The key of an object, the name of a record."""
        return self.path.rpartition("/")[2]


class Artifacts:
    """A folder, or a bucket named by an address such as s3://bucket/prefix.

    Objects never change: equal bytes have equal keys, and what is there is not written again.
    Methods raise ArtifactStoreUnavailable when the store does not do its part.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    @cached_property
    def _store(self) -> ObjectStore:
        return open_store(self._address)

    async def put(self, data: bytes) -> str:
        """Keeps bytes and returns their key, the SHA-256 in hexadecimal."""
        key = hash_content(data)
        await self._write(object_path_from_key(key), data, "create")
        return key

    async def mend(self, data: bytes) -> str:
        """As put, and replaces what is there: for objects that were found corrupt."""
        key = hash_content(data)
        await self._write(object_path_from_key(key), data, "overwrite")
        return key

    async def read(self, key: str) -> bytes | None:
        """All bytes of an object; None where it is missing or not what its key says."""
        data = await self._read(object_path_from_key(key))
        if data is None or hash_content(data) != key:
            return None
        return data

    async def holds(self, key: str) -> bool:
        """Whether there is such an object, whole or not."""
        try:
            await obstore.head_async(self._store, object_path_from_key(key))
        except FileNotFoundError:
            return False
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error
        return True

    async def note(self, name: str, record: bytes) -> None:
        """Keeps a small record under a name of hexadecimal digits; the last one counts."""
        await self._write(_record(name), record, "overwrite")

    async def recall(self, name: str) -> bytes | None:
        """The record of that name, if any."""
        return await self._read(_record(name))

    async def chunks(self, key: str, offset: int) -> AsyncIterator[tuple[bytes, int]]:
        """Parts of at most 1 MiB from a byte on, each with the whole object's size.

        Raises NotFound when there is no such object.
        """
        path = object_path_from_key(key)
        try:
            size = (await obstore.head_async(self._store, path))["size"]
        except FileNotFoundError:
            raise NotFound("the artifact is no longer kept; make it again") from None
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error
        while offset < size:
            length = min(CHUNK, size - offset)
            data = await self._range(path, offset, length)
            yield data, size
            offset += length

    async def list(self) -> list[Kept]:
        """Everything that this version keeps."""
        try:
            parts = [part async for part in obstore.list(self._store, prefix=STORE_VERSION)]
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error
        found = (each for part in parts for each in part)
        return [Kept(each["path"], each["last_modified"], each["size"]) for each in found]

    async def foreign_prefixes(self) -> Sequence[str]:
        """The prefixes under which there is something that this version neither reads nor drops."""
        try:
            found = await obstore.list_with_delimiter_async(self._store)
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error
        return [prefix for prefix in found["common_prefixes"] if prefix != STORE_VERSION]

    async def drop(self, path: str) -> None:
        """Lets go of something; what leans on it is made anew when it is needed."""
        try:
            await obstore.delete_async(self._store, path)
        except FileNotFoundError:
            pass
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error

    def free_bytes(self) -> int | None:
        """Room on the disk of a folder; None for a bucket, and where there is no folder yet."""
        if "://" in self._address:
            return None
        try:
            return shutil.disk_usage(Path(self._address).expanduser()).free
        except OSError:
            return None

    async def _range(self, path: str, start: int, length: int) -> bytes:
        try:
            return bytes(
                await obstore.get_range_async(self._store, path, start=start, length=length)
            )
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error

    async def _write(self, path: str, data: bytes, mode: str) -> None:
        try:
            await obstore.put_async(self._store, path, data, mode=mode)
        except (AlreadyExistsError, FileExistsError):
            pass
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error

    async def _read(self, path: str) -> bytes | None:
        try:
            found = await obstore.get_async(self._store, path)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error


def _record(name: str) -> str:
    return f"{STORE_VERSION}/records/{name[:2]}/{name}"
