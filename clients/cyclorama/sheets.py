"""Reads tables of text as spreadsheets write them: any separator, encoding and order of columns."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path

from cyclorama.documents import MAX_DOCUMENT_MIB

# Marks at the start of a file, longest first: that of UTF-16 begins that of UTF-32.
BYTE_ORDER_MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# The starts of workbooks, which some people only rename: .xlsx and .ods, .xls.
WORKBOOK_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# What spreadsheets of Western Europe and America save where they do not save Unicode.
FALLBACK_ENCODING = "cp1252"
SEPARATORS = ",;\t|"
# What a line without any text may have.
BLANK = f'{SEPARATORS} "\r\n'
# Characters of the line with the headings. Larger: more columns, which take longer to compare.
MAX_HEAD = 10_000
# Excel's own line that names the separator, such as "sep=;".
SEPARATOR_LINE = "sep="

UNMATCHED_QUOTES = 'its quotes do not match; a cell is "in quotes", with "" for each quote inside'


@dataclass(frozen=True)
class SheetRow:
    """A row of a table.

    line: of the file where it begins, counted from 1. cells: texts by column, empty ones left out;
    columns are in lower case, with underscores for spaces and hyphens. error: why it cannot be
    read, or empty.
    """

    line: int
    cells: Mapping[str, str]
    error: str = ""


def read_sheet(
    file: Path, required: Sequence[str], aliases: Mapping[str, str]
) -> Iterator[SheetRow]:
    """Yields the rows of a .csv or .tsv file below its headings, as parse_sheet does.

    Raises ValueError also for a file of more than MAX_DOCUMENT_MIB.
    """
    with file.open("rb") as opened:
        data = opened.read(MAX_DOCUMENT_MIB * 2**20 + 1)
    if len(data) > MAX_DOCUMENT_MIB * 2**20:
        raise ValueError(f"{file}: has more than {MAX_DOCUMENT_MIB} MiB")
    yield from parse_sheet(data, str(file), required, aliases)


def parse_sheet(
    data: bytes, name: str, required: Sequence[str], aliases: Mapping[str, str]
) -> Iterator[SheetRow]:
    """Yields the rows of a table below its headings; rows without any text are skipped.

    Commas, semicolons, tabs and bars separate cells; the headings decide which. The text is Unicode
    with a byte order mark, UTF-8, UTF-16 or Windows-1252.

    name: of the table, with which errors begin. required: columns that the headings must have.
    aliases: names of columns by other names of them. A row that cannot be read has an error, and
    the next ones are read. Raises ValueError for the whole table.
    """
    # Line feeds, carriage returns and both together end lines, and nothing else.
    lines = list(io.StringIO(_decode_text(data, name), newline=""))
    first = 1 if lines and lines[0].lower().startswith(SEPARATOR_LINE) else 0
    # Blank lines above the headings.
    first += sum(1 for _ in takewhile(lambda line: not line.strip(BLANK), lines[first:]))
    head = lines[first] if first < len(lines) else ""
    if len(head) > MAX_HEAD:
        raise ValueError(f"{name}, line {first + 1}: has more than {MAX_HEAD:,} characters")
    separator = max(SEPARATORS, key=lambda each: _count_known(head, each, required, aliases))
    rows = _split_rows(lines, first, separator)
    columns = [_name_column(cell, aliases) for cell in next(rows, (0, [], ""))[1]]
    if missing := [column for column in required if column not in columns]:
        found = ", ".join(filter(None, columns)) or "nothing"
        raise ValueError(
            f"{name}, line {first + 1}: name the column {' and '.join(missing)} in the first line, "
            f"which names {found}"
        )
    if repeated := [each for each, count in Counter(columns).items() if each and count > 1]:
        raise ValueError(f"{name}, line {first + 1}: {', '.join(sorted(repeated))} is there twice")
    for line, cells, error in rows:
        if error or any(map(str.strip, cells)):
            yield _read_row(line, cells, columns, error)


def _decode_text(data: bytes, name: str) -> str:
    """Decodes a text of any usual encoding; raises ValueError for others. name: of the table."""
    if data.startswith(WORKBOOK_MARKS):
        raise ValueError(f"{name}: is a workbook of a spreadsheet program; save it as CSV")
    try:
        return data.decode(_detect_encoding(data))
    except UnicodeDecodeError:
        raise ValueError(f"{name}: is no text; save it as CSV in UTF-8") from None


def _detect_encoding(data: bytes) -> str:
    """Returns the encoding of a text: by its mark, by zero bytes, UTF-8 if it can be, or a guess.

    Half of the bytes of UTF-16 are zero where the headings are in Latin letters.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return encoding
    if data[1:2] == b"\0":
        return "utf-16-le"
    if data[:1] == b"\0":
        return "utf-16-be"
    try:
        data.decode()
    except UnicodeDecodeError:
        return FALLBACK_ENCODING
    return "utf-8"


def _count_known(
    head: str, separator: str, required: Sequence[str], aliases: Mapping[str, str]
) -> tuple[int, int]:
    """Returns how many required columns a separator finds in the headings, and how many cells."""
    cells = next(csv.reader([head], delimiter=separator, skipinitialspace=True), [])
    columns = [_name_column(cell, aliases) for cell in cells]
    return sum(name in columns for name in required), len(columns)


def _name_column(heading: str, aliases: Mapping[str, str]) -> str:
    """Returns the name of a column by its heading, such as "max_kb" for " Max-KB"."""
    name = "_".join(heading.strip().lower().replace("-", " ").split())
    return aliases.get(name, name)


def _split_rows(
    lines: Sequence[str], first: int, separator: str
) -> Iterator[tuple[int, list[str], str]]:
    """Yields for each row the line where it begins, its cells, and why it cannot be split.

    A quote that is never closed would swallow all rows below it; they are read on their own.

    first: position of the line to begin with.
    """
    at = first
    while at < len(lines):
        begin = at
        rest = islice(lines, begin, None)
        reader = csv.reader(rest, delimiter=separator, strict=True, skipinitialspace=True)
        try:
            for cells in reader:
                yield at + 1, cells, ""
                at = begin + reader.line_num
        except csv.Error as error:
            is_long = "field limit" in str(error)
            yield at + 1, [], "a cell is too long" if is_long else UNMATCHED_QUOTES
            at += 1


def _read_row(line: int, cells: Sequence[str], columns: Sequence[str], error: str) -> SheetRow:
    """Returns a row whose cells are known by column; it has an error if it has too many of them."""
    named = {
        name: cell.strip()
        for name, cell in zip(columns, cells, strict=False)
        if name and cell.strip()
    }
    if any(map(str.strip, cells[len(columns) :])):
        count = len(cells)
        error = f"has {count} cells for {len(columns)} columns; put a text with the separator in "
        error += 'quotes, as in "sand, soft light"'
    return SheetRow(line, named, error)
