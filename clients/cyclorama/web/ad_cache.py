"""Caches finished ads in memory, so that the page can show and download them."""

import secrets
from collections import OrderedDict

from cyclorama.results import Ad


class AdCache:
    """Stores ads up to a number of bytes; evicts the oldest first, and never the newest."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._ads: OrderedDict[str, Ad] = OrderedDict()

    def add(self, ad: Ad) -> str:
        """Stores an ad and returns its key, which cannot be guessed."""
        key = secrets.token_urlsafe(9)
        self._ads[key] = ad
        while len(self._ads) > 1 and self._count_bytes() > self._max_bytes:
            self._ads.popitem(last=False)
        return key

    def get(self, key: str) -> Ad | None:
        """Returns an ad, or None when it was never stored or is evicted."""
        return self._ads.get(key)

    def _count_bytes(self) -> int:
        return sum(len(ad.data) + len(ad.manifest_json) for ad in self._ads.values())
