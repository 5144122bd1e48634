"""Tables are read as spreadsheets write them, and a bad row does not stop the others."""

from pathlib import Path

import pytest

from cyclorama.sheets import UNMATCHED_QUOTES, SheetRow, read_sheet

ROW = {"photo": "crème.png", "prompt": "on sand, €5", "size": "64x32"}
QUOTED = 'Photo,Prompt,Size\r\ncrème.png,"on sand, €5",64x32\r\n'


def read(folder: Path, data: bytes | str, **aliases: str) -> list[SheetRow]:
    """Reads a table with the columns photo and prompt from a file of these bytes."""
    file = folder / "ads.csv"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(read_sheet(file, ("photo", "prompt"), aliases))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_every_encoding_of_a_spreadsheet_is_read(tmp_path, encoding):
    assert read(tmp_path, QUOTED.encode(encoding)) == [SheetRow(2, ROW)]


@pytest.mark.parametrize("separator", [";", "\t", "|", ","])
def test_the_headings_decide_on_the_separator(tmp_path, separator):
    lines = (("photo", "prompt", "size"), ("crème.png", '"on sand, €5"', "64x32"))
    text = "\r\n".join(separator.join(cells) for cells in lines)
    assert read(tmp_path, "\ufeff" + text) == [SheetRow(2, ROW)]
    assert read(tmp_path, f"sep={separator}\r\n{text}") == [SheetRow(3, ROW)]


def test_headings_have_any_case_order_and_place(tmp_path):
    text = "\n,,\n Max-KB , PROMPT ,Product  Height,Photos\n20, on sand ,95,a.png\n"
    (row,) = read(tmp_path, text, photos="photo")
    assert row.cells == {
        "max_kb": "20",
        "prompt": "on sand",
        "product_height": "95",
        "photo": "a.png",
    }
    assert row.line == 4


def test_rows_without_text_are_skipped_and_lines_still_count(tmp_path):
    rows = read(tmp_path, "photo,prompt\r\n,\r\na.png,x\r\n\r\n , \r\nb.png,y\r\n,,\r\n")
    assert [(row.line, row.cells["photo"]) for row in rows] == [(3, "a.png"), (6, "b.png")]


def test_a_cell_may_have_several_lines_and_separators(tmp_path):
    rows = read(tmp_path, 'photo,prompt\r"a,b.png","two\rlines"\rb.png,12" shelf\r')
    assert [(row.line, row.cells["prompt"]) for row in rows] == [
        (2, "two\rlines"),
        (4, '12" shelf'),
    ]


def test_an_unquoted_separator_is_an_error_of_its_row_and_empty_cells_are_none(tmp_path):
    rows = read(tmp_path, "photo,prompt\na.png,marble, soft light\nb.png,sand,,\n")
    assert rows[0].error.startswith("has 3 cells for 2 columns; put a text")
    assert not rows[1].error and rows[1].cells["prompt"] == "sand"


def test_a_quote_that_is_never_closed_swallows_no_other_row(tmp_path):
    rows = read(tmp_path, 'photo,prompt\na.png,"open\nb.png,sand\nc.png,"snow"x\nd.png,"sea"\n')
    assert [(row.line, bool(row.error)) for row in rows] == [
        *((2, True), (3, False), (4, True), (5, False))
    ]
    assert rows[0].error == rows[2].error == UNMATCHED_QUOTES


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"photo,text\na.png,x\n", "line 1: name the column prompt .* which names photo, text"),
        (b"", "line 1: name the column photo and prompt .* which names nothing"),
        (b"photo,prompt,photo\n", "line 1: photo is there twice"),
        (b"\x81\x8d\x8f photo", "is no text; save it as CSV in UTF-8"),
        (b"\xff\xfe\x00", "is no text"),
        (b"PK\x03\x04[Content_Types].xml", "is a workbook of a spreadsheet program; save it as"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_a_sentence(tmp_path, data, sentence):
    with pytest.raises(ValueError, match=rf"ads\.csv.*{sentence}"):
        read(tmp_path, data)
