"""Computes a fingerprint of a model from some of its bytes, which is fast for 10 GB too."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from services.diffusion.in_process.files.safetensors_header import LENGTH_BYTES

# Hexadecimal digits of a fingerprint: enough to tell models apart.
FINGERPRINT_DIGITS = 12
# Of weights, as many blocks of so many bytes are read, evenly spaced. More: smaller changes are
# seen, and a slow disk takes longer; these take 0.5 s per file on a disk that needs 8 ms for each.
BLOCKS, BLOCK_BYTES = 64, 4096


def compute_fingerprint(texts: Iterable[Path], weights: Iterable[Path], folder: Path) -> str:
    """Returns a fingerprint, which changes with any text and with practically any weights.

    It depends on names relative to the folder and on contents, not on where the folder is or when
    it was written. A change of weights that misses all sampled blocks, such as of a few numbers by
    hand, goes unseen; training and merging change all tensors.

    texts: files that are read whole. weights: files of which the size, the start, and blocks are
    read.
    """
    digest = hashlib.sha256()
    for path in texts:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder)} {len(content)} ".encode())
        digest.update(content)
    for path in weights:
        digest.update(f"{path.relative_to(folder)} {path.stat().st_size} ".encode())
        _add_samples(digest, path)
    return digest.hexdigest()[:FINGERPRINT_DIGITS]


def _add_samples(digest: "hashlib._Hash", path: Path) -> None:
    """Adds the header of a safetensors file, and evenly spaced blocks of any file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if path.suffix == ".safetensors":
            digest.update(file.read(int.from_bytes(file.read(LENGTH_BYTES), "little")))
        for index in range(BLOCKS):
            file.seek(max(0, size - BLOCK_BYTES) * index // (BLOCKS - 1))
            digest.update(file.read(BLOCK_BYTES))
