"""The store that services share: immutable bytes under their SHA-256, in a folder or bucket."""

import hashlib
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from services.runtime.errors import ArtifactLost, ArtifactStoreUnavailable

# Prefix of everything that this version writes; objects of other versions stay where they are.
STORE_VERSION = "v2"


class ContentStore:
    """Reads and writes objects; raises ArtifactStoreUnavailable if the folder or bucket fails.

    address: a folder, or a bucket such as s3://bucket/prefix.
    """

    def __init__(self, address: str) -> None:
        self._store = open_store(address)

    def put(self, data: bytes) -> str:
        """Stores bytes in the folder or bucket, and returns their key: the SHA-256 in hexadecimal.

        Replaces a copy that is there already, as that may be corrupt.
        """
        key = hash_content(data)
        try:
            obstore.put(self._store, object_path_from_key(key), data, mode="overwrite")
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error
        return key

    def get(self, key: str) -> bytes:
        """Returns the stored bytes of a key; raises ArtifactLost if they are missing or corrupt.

        key: the SHA-256 in hexadecimal, as put() returned it.
        """
        try:
            data = bytes(obstore.get(self._store, object_path_from_key(key)).bytes())
        except FileNotFoundError:
            raise ArtifactLost(key) from None
        except (BaseError, OSError) as error:
            raise ArtifactStoreUnavailable() from error
        if hash_content(data) != key:
            raise ArtifactLost(key)
        return data


def open_store(address: str) -> ObjectStore:
    """Opens a store: a bucket such as s3://bucket/prefix, or a folder, which it creates."""
    if "://" in address:
        return from_url(address)
    return LocalStore(Path(address).expanduser().absolute(), mkdir=True)


def hash_content(data: bytes) -> str:
    """Returns the SHA-256 of bytes in hexadecimal: their key."""
    return hashlib.sha256(data).hexdigest()


def object_path_from_key(key: str) -> str:
    """Returns the path of an object within the store."""
    return f"{STORE_VERSION}/objects/{key[:2]}/{key}"
