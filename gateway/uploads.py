"""Pictures that callers upload once and name in many calls; each caller names only its own."""

from google.protobuf.message import Message

from cyclorama.v1 import image_pb2
from gateway.artifacts import ArtifactStore
from services.runtime.errors import NotFound
from services.runtime.guards.image_fields import find_images
from services.runtime.objects import hash_content


class ImageUploads:
    """Stores uploaded pictures, each with a record of every caller who may name it.

    They are deleted with old results; a caller's own also with the last of its jobs that has them.
    """

    def __init__(self, artifacts: ArtifactStore) -> None:
        self._artifacts = artifacts

    async def add_image(self, image: image_pb2.Image, owner: str) -> image_pb2.Image:
        """Stores a picture; returns its Image with the key in place of the bytes.

        owner: the name of the caller.
        """
        # Written once more if it exists, so that it is kept from now on.
        key = await self._artifacts.overwrite_object(image.data)
        await self._artifacts.write_record(_name_record(key, owner), key.encode())
        return image_pb2.Image(uri=key, format=image.format, width=image.width, height=image.height)

    async def check_images(self, request: Message, owner: str) -> None:
        """Raises NotFound when a request names a picture that its caller did not upload.

        owner: the name of the caller.
        """
        for key in {image.uri for image in find_images(request) if image.uri}:
            record = await self._artifacts.read_record(_name_record(key, owner))
            if record is None or not await self._artifacts.has_object(key):
                raise NotFound(f"there is no uploaded picture {key}; upload it again")

    async def delete_upload(self, key: str, owner: str) -> None:
        """Deletes the record that an owner uploaded a picture, if there is one."""
        await self._artifacts.delete_record(_name_record(key, owner))

    async def is_uploaded(self, key: str) -> bool:
        """Returns whether any caller has uploaded the picture of a key."""
        return bool(await self._artifacts.list_records(_name_folder(key)))


def _name_folder(key: str) -> str:
    """Returns the folder of the records of all callers who uploaded a picture."""
    return hash_content(key.encode())


def _name_record(key: str, owner: str) -> str:
    """Returns the name of the record that an owner uploaded a picture."""
    return f"{_name_folder(key)}/upload-{hash_content(owner.encode())}"
