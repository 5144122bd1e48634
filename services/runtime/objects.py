"""The store that services share: bytes under their own hash, in a folder or a bucket."""

import hashlib
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from services.runtime.errors import ArtifactLost, ArtifactStoreUnavailable

# Prefix of all that this version writes; what other versions wrote lies elsewhere, and stays.
VERSION = "v2"


class Objects:
    """Reads and writes immutable objects; raises ArtifactStoreUnavailable when the store fails.

    address: a folder, or a bucket such as s3://bucket/prefix.
    """

    def __init__(self, address: str) -> None:
        self._store = open_store(address)

    def put(self, data: bytes) -> str:
        """Keeps bytes, in place of what may be there, and returns their key."""
        key = key_of(data)
        try:
            obstore.put(self._store, object_path(key), data, mode="overwrite")
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error
        return key

    def get(self, key: str) -> bytes:
        """The bytes of a key; raises ArtifactLost where they are missing or damaged."""
        try:
            data = bytes(obstore.get(self._store, object_path(key)).bytes())
        except FileNotFoundError:
            raise ArtifactLost(key) from None
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error
        if key_of(data) != key:
            raise ArtifactLost(key)
        return data


def open_store(address: str) -> ObjectStore:
    """Opens a folder, which is made, or a bucket."""
    if "://" in address:
        return from_url(address)
    return LocalStore(Path(address).expanduser().absolute(), mkdir=True)


def key_of(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def object_path(key: str) -> str:
    """Where the object of a key lies in the store."""
    return f"{VERSION}/objects/{key[:2]}/{key}"
