"""The cache that is bounded by bytes."""

import weakref

from services.studio.memory import ByteCache, LatestValue


def test_the_cache_is_bounded_by_bytes_and_drops_the_longest_unused():
    cache = ByteCache(max_bytes=2500)
    for key in ("first", "second"):
        cache.store(key, key, size=1000)
    assert cache.find("first") == "first"
    cache.store("third", "third", size=1000)
    assert cache.find("second") is None
    assert cache.find("first") is not None and cache.find("third") is not None
    assert cache.cached_bytes == 2000


def test_a_value_that_exceeds_the_bound_is_not_cached():
    cache = ByteCache(max_bytes=10)
    cache.store("large", "large", size=11)
    assert cache.find("large") is None and cache.cached_bytes == 0


def test_only_the_latest_value_is_kept_and_another_one_dropped_before_it_is_made():
    class Large: ...

    latest, value = LatestValue(), Large()
    latest.store("first", value)
    reference = weakref.ref(value)
    assert latest.find_or_drop("first") is value
    del value
    assert latest.find_or_drop("second") is None and reference() is None
