"""A short attack of `make chaos` on the page: slow connections next to large uploads."""

import pytest

from benchmarks.chaos_page import attack_page, is_ad

pytestmark = pytest.mark.slow


def test_the_page_answers_others_during_slow_connections_and_large_uploads():
    result = attack_page(200, 6, mib=40, rest_seconds=5)
    assert len(result.uploads) == 6 and not result.unexpected
    assert any(map(is_ad, result.uploads)) and is_ad(result.small_upload)
    # Six photos, each four times, are 960 MiB.
    assert result.peak_mib < 512
    assert result.end_mib < result.start_mib + 50
