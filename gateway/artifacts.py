"""The artifact store: objects under the hash of their bytes, and records that refer to them."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore

from services.runtime.errors import ArtifactStoreUnavailable, NotFound
from services.runtime.objects import STORE_VERSION, hash_content, object_path_from_key, open_store

# Bytes of a response message that streams an object. Larger: fewer messages, more memory for each
# download whose reader is slow, a few times as much; gRPC's default limit is 4 MiB.
CHUNK_BYTES = 2**18


@dataclass(frozen=True)
class StoreEntry:
    """An object or a record: its path, the time it was last written, its size in bytes."""

    path: str
    written: datetime
    size: int

    @property
    def name(self) -> str:
        """The key of an object, or the name of a record."""
        return self.path.rpartition("/")[2]


class ArtifactStore:
    """Reads and writes a folder, or a bucket such as s3://bucket/prefix.

    Objects are immutable: equal bytes have equal keys, and an existing object is not written
    again. Methods raise ArtifactStoreUnavailable when the store fails.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        # Records and objects that are being written.
        self._writes: set[asyncio.Future[Any]] = set()
        # By key, while they last.
        self._overwrites: dict[str, asyncio.Task[None]] = {}

    @cached_property
    def _store(self) -> ObjectStore:
        """The store, opened on first use."""
        return open_store(self._address)

    async def put_object(self, data: bytes) -> str:
        """Stores bytes unless they exist; returns their key, the SHA-256 in hexadecimal."""
        key = hash_content(data)
        # Otherwise an existing object is found only after all bytes were sent.
        if not await self.has_object(key):
            await self._write(object_path_from_key(key), data, "create")
        return key

    async def overwrite_object(self, data: bytes, key: str = "") -> str:
        """Stores bytes and replaces those under the same key, which may be corrupt.

        Returns their key, the SHA-256 in hexadecimal. Concurrent calls with equal bytes, such as of
        an ad and of the cache of its last stage, write them once. key: empty when it is not known
        yet.
        """
        key = key or hash_content(data)
        overwrite = self._overwrites.get(key)
        if overwrite is None:
            write = self._write(object_path_from_key(key), data, "overwrite")
            overwrite = self._overwrites[key] = asyncio.create_task(write)
            overwrite.add_done_callback(lambda _: self._overwrites.pop(key))
        # A caller that leaves does not cancel the write of the others.
        await asyncio.shield(overwrite)
        return key

    async def read_object(self, key: str) -> bytes | None:
        """Returns the bytes of an object; None when it is missing or corrupt.

        key: the SHA-256 of the bytes in hexadecimal, which corrupt bytes do not match.
        """
        data = await self._read(object_path_from_key(key))
        if data is None or hash_content(data) != key:
            return None
        return data

    async def has_object(self, key: str) -> bool:
        """Returns whether an object exists, without checking its bytes.

        key: the SHA-256 of its bytes in hexadecimal.
        """
        return await self.measure_object(key) is not None

    async def measure_object(self, key: str) -> int | None:
        """Returns the size of an object in bytes, without checking them; None when it is missing.

        key: the SHA-256 of its bytes in hexadecimal.
        """
        try:
            return (await obstore.head_async(self._store, object_path_from_key(key)))["size"]
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error

    async def write_record(self, name: str, record: bytes) -> None:
        """Writes a small record under a name; replaces an older one.

        name: a folder, in hexadecimal digits, a slash and a name in it.
        """
        await self._write(_path_from_record_name(name), record, "overwrite")

    async def read_record(self, name: str) -> bytes | None:
        """Returns the record of that name; None when there is none."""
        return await self._read(_path_from_record_name(name))

    async def list_records(self, folder: str) -> list[str]:
        """Lists the names of the records in a folder, each with the folder."""
        path = _path_from_record_name(folder)
        try:
            pages = [page async for page in obstore.list(self._store, prefix=path)]
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error
        return [
            f"{folder}/{metadata['path'].rpartition('/')[2]}" for page in pages for metadata in page
        ]

    async def delete_record(self, name: str) -> None:
        """Deletes a record if it exists."""
        await self.delete_entry(_path_from_record_name(name))

    async def delete_object(self, key: str) -> None:
        """Deletes an object if it exists. key: the SHA-256 of its bytes in hexadecimal."""
        await self.delete_entry(object_path_from_key(key))

    async def wait_for_writes(self) -> None:
        """Waits for all that is being written, also for callers that were cancelled meanwhile."""
        while self._writes or self._overwrites:
            await asyncio.wait([*self._writes, *self._overwrites.values()])

    async def read_chunks(self, key: str, offset: int) -> AsyncIterator[tuple[bytes, int]]:
        """Yields the bytes of an object from a byte offset to its end, at most 256 KiB at a time.

        Each chunk comes with the size of the whole object in bytes. key: the SHA-256 of the object
        in hexadecimal. Raises NotFound when it is missing.
        """
        path, size = object_path_from_key(key), await self.measure_object(key)
        if size is None:
            raise NotFound("the artifact is no longer kept; make it again")
        while offset < size:
            length = min(CHUNK_BYTES, size - offset)
            data = await self._read_range(path, offset, length)
            yield data, size
            offset += length

    async def list_entries(self) -> list[StoreEntry]:
        """Lists all objects (images, files) and records (cached results) in the store.

        Those that another version of the store's layout wrote are left out.
        """
        try:
            pages = [page async for page in obstore.list(self._store, prefix=STORE_VERSION)]
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error
        return [
            StoreEntry(metadata["path"], written=metadata["last_modified"], size=metadata["size"])
            for page in pages
            for metadata in page
        ]

    async def has_objects(self) -> bool:
        """Returns whether the store has any object: an image or a file."""
        try:
            prefix = f"{STORE_VERSION}/objects"
            listing = await obstore.list_with_delimiter_async(self._store, prefix=prefix)
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error
        return bool(listing["common_prefixes"])

    async def list_foreign_prefixes(self) -> Sequence[str]:
        """Lists the top-level folders of the store that other versions of its layout wrote.

        This version neither reads nor deletes them.
        """
        try:
            listing = await obstore.list_with_delimiter_async(self._store)
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error
        return [prefix for prefix in listing["common_prefixes"] if prefix != STORE_VERSION]

    async def delete_entry(self, path: str) -> None:
        """Deletes an object or a record if it exists.

        path: as in StoreEntry, not the key. Results that refer to the entry are computed again.
        """
        try:
            await obstore.delete_async(self._store, path)
        except FileNotFoundError:
            pass
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error

    def measure_free_bytes(self) -> int | None:
        """Returns the free bytes on the disk of the store.

        None when the store is a bucket, or a folder that does not exist.
        """
        if "://" in self._address:
            return None
        try:
            return shutil.disk_usage(Path(self._address).expanduser()).free
        except OSError:
            return None

    async def _read_range(self, path: str, start: int, length: int) -> bytes:
        """Returns `length` bytes of the object at a path, from the byte `start`."""
        try:
            return bytes(
                await obstore.get_range_async(self._store, path, start=start, length=length)
            )
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error

    async def _write(self, path: str, data: bytes, mode: Literal["create", "overwrite"]) -> None:
        """Writes an object or a record to a path of the store.

        mode: whether an entry that exists stays unchanged ("create") or is replaced ("overwrite").
        A write goes on when its caller is cancelled: it may have begun.
        """
        writing: asyncio.Future[Any] = asyncio.ensure_future(
            obstore.put_async(self._store, path, data, mode=mode)
        )
        self._writes.add(writing)
        writing.add_done_callback(self._end_write)
        try:
            await asyncio.shield(writing)
        except (AlreadyExistsError, FileExistsError):
            # In mode "create" only: the same bytes are there already.
            pass
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error

    def _end_write(self, writing: "asyncio.Future[Any]") -> None:
        """Forgets a write; its error concerns only the caller, who may have been cancelled."""
        self._writes.discard(writing)
        if not writing.cancelled():
            writing.exception()

    async def _read(self, path: str) -> bytes | None:
        """Returns the bytes of the object or record at a path; None when it does not exist."""
        try:
            entry = await obstore.get_async(self._store, path)
            return bytes(await entry.bytes_async())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error


def _path_from_record_name(name: str) -> str:
    """Returns the path of a record in the store."""
    return f"{STORE_VERSION}/records/{name[:2]}/{name}"
