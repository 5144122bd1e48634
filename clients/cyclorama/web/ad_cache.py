"""Caches finished ads in memory, so that the page can show and download them."""

import secrets
from collections import OrderedDict

from cyclorama.results import Ad

# Random bytes of a key, 12 characters of base64. More: harder to guess, and longer URLs.
KEY_BYTES = 9


class AdCache:
    """Stores ads up to a number of bytes; evicts the oldest first, and never the newest."""

    def __init__(self, max_bytes: int) -> None:
        """Creates an empty cache; max_bytes: limit on the files and manifests of all ads."""
        self._max_bytes = max_bytes
        self._ads: OrderedDict[str, Ad] = OrderedDict()

    def add(self, ad: Ad) -> str:
        """Stores an ad, evicts the oldest ones over the limit, and returns its unguessable key."""
        key = secrets.token_urlsafe(KEY_BYTES)
        self._ads[key] = ad
        while len(self._ads) > 1 and self._count_bytes() > self._max_bytes:
            self._ads.popitem(last=False)  # The oldest.
        return key

    def get(self, key: str) -> Ad | None:
        """Returns an ad, or None when it was never stored or is evicted."""
        return self._ads.get(key)

    def _count_bytes(self) -> int:
        """Returns the size of the files and manifests of all ads."""
        return sum(len(ad.data) + len(ad.manifest_json) for ad in self._ads.values())
