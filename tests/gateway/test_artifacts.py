"""Tests of the artifact store: what is written, and how often."""

import asyncio

import pytest

from gateway.artifacts import ArtifactStore


class CountingStore(ArtifactStore):
    """A store that remembers the paths that it writes."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.paths: list[str] = []

    async def _write(self, path, data, mode) -> None:
        self.paths.append(path)
        await super()._write(path, data, mode)


@pytest.fixture
def store(tmp_path):
    return CountingStore(str(tmp_path))


async def test_equal_bytes_are_written_once_at_a_time(store):
    keys = await asyncio.gather(*(store.overwrite_object(data) for data in (b"ad", b"ad", b"map")))
    assert keys[0] == keys[1] and len(store.paths) == 2
    await store.overwrite_object(b"ad")
    assert len(store.paths) == 3


async def test_a_caller_that_leaves_does_not_stop_the_write_of_another(store):
    first, second = (asyncio.create_task(store.overwrite_object(b"ad")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await store.read_object(await second) == b"ad" and first.cancelled()


async def test_an_object_that_exists_is_not_sent_to_the_store_again(store):
    keys = [await store.put_object(b"photo") for _ in range(2)]
    assert keys[0] == keys[1] and len(store.paths) == 1
    assert await store.read_object(keys[0]) == b"photo"
