"""What files record about their products."""

import pytest

from cyclorama.v1 import finishing_pb2, image_pb2
from services.finishing.product_record import (
    ProductRecord,
    create_product_record,
    parse_product_record,
)

RECORD = ProductRecord(0.875, True, ("bottom", "left"), (10, 20, 30, 40), (300, 200))


@pytest.mark.parametrize("record", [RECORD, ProductRecord(None, False, (), (0, 0, 1, 1), (16, 16))])
def test_a_record_survives_as_attributes(record):
    assert parse_product_record(record.to_attributes()) == record


def test_a_record_is_created_from_what_is_known_of_the_ad():
    known = finishing_pb2.Circumstances(
        confidence=0.875,
        doubt="a part may be missing",
        cut_sides=[image_pb2.SIDE_BOTTOM, image_pb2.SIDE_LEFT],
    )
    assert create_product_record(known, RECORD.box, RECORD.size) == RECORD
    nothing = create_product_record(finishing_pb2.Circumstances(), RECORD.box, RECORD.size)
    assert nothing.confidence is None and not nothing.is_doubted


@pytest.mark.parametrize(
    "change",
    [
        {"productBox": "1 2 3"},
        {"productBox": "none"},
        {"productBox": "1 2 3 " + "9" * 5000},
        {"productBox": "0 0 0 0"},
        {"productBox": "290 20 30 40"},
        {"productBox": "-10 20 30 40"},
        {"pictureSize": ""},
        {"pictureSize": "300 " + "9" * 5000},
        {"pictureSize": "300 ٢٠٠"},
        {"confidence": "high"},
        {"confidence": "1.900"},
        {"confidence": "0." + "1" * 5000},
        {"doubted": "perhaps"},
        {"cutSides": "bottom below"},
        {"cutSides": "bottom " * 5000},
    ],
)
def test_a_malformed_record_is_none(change):
    assert parse_product_record(RECORD.to_attributes() | change) is None


def test_attributes_without_a_record_contain_none():
    assert parse_product_record({}) is None
