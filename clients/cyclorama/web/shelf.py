"""Finished ads, kept in memory for a while so that they can be looked at and downloaded."""

import secrets
from collections import OrderedDict

from cyclorama.results import Ad


class Shelf:
    """Holds ads up to a number of bytes; the oldest go first, the newest always stays."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ads: OrderedDict[str, Ad] = OrderedDict()

    def put(self, ad: Ad) -> str:
        """Keeps an ad and returns the key that finds it."""
        key = secrets.token_urlsafe(9)
        self._ads[key] = ad
        while len(self._ads) > 1 and self._size() > self._limit:
            self._ads.popitem(last=False)
        return key

    def get(self, key: str) -> Ad | None:
        """The ad, unless it had to make room."""
        return self._ads.get(key)

    def _size(self) -> int:
        return sum(len(ad.data) + len(ad.manifest_json) for ad in self._ads.values())
