"""Splits the response with a large ad, as gRPC clients receive at most 4 MiB by default."""

from collections.abc import Iterator

from cyclorama.v1 import ads_pb2

# Largest response that has an ad with its files. Larger: above 4 MiB, clients with the limits of
# gRPC cannot receive it; smaller: more messages.
MAX_AD_BYTES = 3 * 2**20
# Bytes of a chunk, as AdChunk states. Larger: fewer messages, each of which is copied in memory.
CHUNK_BYTES = 2**20


def split_large_ad(response: ads_pb2.CreateAdResponse) -> Iterator[ads_pb2.CreateAdResponse]:
    """Yields a response; one with a large ad follows its files in chunks, and has none itself.

    response: changed in place.
    """
    if response.WhichOneof("event") == "ad" and response.ByteSize() > MAX_AD_BYTES:
        for name, data in _take_files(response.ad):
            for start in range(0, len(data), CHUNK_BYTES):
                part = data[start : start + CHUNK_BYTES]
                chunk = ads_pb2.AdChunk(file=name, data=part, total_bytes=len(data))
                yield ads_pb2.CreateAdResponse(chunk=chunk)
    yield response


def _take_files(ad: ads_pb2.Ad) -> Iterator[tuple[str, bytes]]:
    """Yields the names and the bytes of the files of an ad, which are removed from it."""
    pictures = {"image": ad.image} | {f"layers/{each.name}": each.image for each in ad.layers}
    for name, image in pictures.items():
        data = image.data
        image.ClearField("data")
        yield name, data
    data = ad.layered_file
    ad.ClearField("layered_file")
    yield "layered_file", data
