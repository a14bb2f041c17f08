"""Look at a file before any reader does: what it is, and whether reading it could hurt.

A 4.8 kB workbook with one cell at XFD1048576 makes a reader ask for 512 GB and kills its process; a zip of
2 MB can hold 1 GB. Both are found here by streaming, without ever holding the content.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

from server.imports.sheet import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ENTRIES,
    MAX_ROWS,
    MAX_UNPACKED,
    Refusal,
    column_index,
    column_letters,
)

Kind = Literal["xlsx", "csv"]

_CHUNK = 1 << 18
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a]")
_WORKSHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_PICTURES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"RIFF")

# Attributes in any order and quotes; a reader may unescape a reference, so an escaped one counts as far away.
_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*?)(/?)>(<(?:\w+:)?f\b)?")
_PLAIN_CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"')
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([^"']*)["']""")
_PLAIN_REFERENCE = re.compile(rb"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_IS_ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]*)</")
_END_OF_CELL = re.compile(rb"</(?:\w+:)?c>")
_ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)")


class Findings(NamedTuple):
    """What formulas left in one worksheet: errors as shown, those without a value, and how many there are."""

    errors: dict[tuple[int, int], str]
    empty_formulas: frozenset[tuple[int, int]]
    formulas: int


class _Refused(Exception):
    """Carries a refusal out of nested reading."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def sniff(head: bytes, path: Path) -> Kind | Refusal:
    """What a file is by its first bytes; its name may say anything."""
    start = head.lstrip()[:200].lower()
    if head.startswith(b"PK\x03\x04"):
        return _sniff_zip(path)
    if head.startswith(_OLE):
        return _sniff_ole(path)
    if not head.strip():
        return Refusal("empty")
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<?xml", b"<style")):
        return Refusal("web_page")
    if head.startswith(_PICTURES):
        return Refusal("no_table")
    is_utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff")) or bool(utf16_without_mark(head))
    return Refusal("no_table") if _NO_TEXT.search(head) and not is_utf16 else "csv"


def scan(path: Path) -> dict[str, Findings] | Refusal:
    """Stream every part of a workbook once; findings by the name of the worksheet part inside the file."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            return _scan_entries(archive, file)
    except _Refused as stop:
        return stop.refusal
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, RuntimeError):
        return Refusal("damaged")


def _scan_entries(archive: zipfile.ZipFile, file: BinaryIO) -> dict[str, Findings]:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise _Refused(Refusal("bomb", {"limit": MAX_UNPACKED // 1_000_000}))
    left = [MAX_UNPACKED]
    found: dict[str, Findings] = {}
    for entry in entries:
        chunks = _counted(_unpacked(file, entry), left)
        if _WORKSHEET.fullmatch(entry.filename):
            found[entry.filename] = _scan_cells(chunks)
        else:
            _read_through(chunks, entry.filename)
    return found


def _unpacked(file: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The true content of an entry, whatever size its header claims."""
    if entry.flag_bits & 1:
        raise _Refused(Refusal("password"))
    file.seek(entry.header_offset)
    header = file.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile(entry.filename)
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    if entry.compress_type == zipfile.ZIP_STORED:
        yield from _packed(file, entry.compress_size)
    elif entry.compress_type == zipfile.ZIP_DEFLATED:
        yield from _inflated(_packed(file, entry.compress_size))
    else:
        raise NotImplementedError(entry.compress_type)


def _packed(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0:
        chunk = file.read(min(_CHUNK, size))
        if not chunk:
            raise EOFError
        size -= len(chunk)
        yield chunk


def _inflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    for chunk in packed:
        waiting = chunk
        while waiting and not inflate.eof:
            yield inflate.decompress(waiting, _CHUNK)
            waiting = inflate.unconsumed_tail
    if not inflate.eof:
        raise EOFError


def _counted(chunks: Iterator[bytes], left: list[int]) -> Iterator[bytes]:
    for chunk in chunks:
        left[0] -= len(chunk)
        if left[0] < 0:
            raise _Refused(Refusal("bomb", {"limit": MAX_UNPACKED // 1_000_000}))
        yield chunk


def _read_through(chunks: Iterator[bytes], name: str) -> None:
    is_markup = name.lower().endswith((".xml", ".rels"))
    for chunk in chunks:
        if is_markup and _ENTITY.search(chunk):
            # No spreadsheet program writes entities; they exist to blow up in a reader.
            raise _Refused(Refusal("bomb", {"limit": MAX_UNPACKED // 1_000_000}))


class _Extent:
    """How far the cells of a worksheet reach, and how many there are."""

    def __init__(self) -> None:
        self.cells = self.row = self.column = 0
        self.errors: dict[tuple[int, int], str] = {}
        self.empty_formulas: set[tuple[int, int]] = set()
        self.formulas = 0

    def reach(self, row: int, column: int) -> None:
        self.cells += 1
        self.row, self.column = max(self.row, row), max(self.column, column)


def _scan_cells(chunks: Iterator[bytes]) -> Findings:
    extent = _Extent()
    for part in _whole_cells(chunks):
        if _ENTITY.search(part):
            raise _Refused(Refusal("bomb", {"limit": MAX_UNPACKED // 1_000_000}))
        _measure(part, extent)
        _judge_extent(extent)
    return Findings(extent.errors, frozenset(extent.empty_formulas), extent.formulas)


def _whole_cells(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The stream again, cut only before a cell or a row, or at least never inside a tag."""
    rest = b""
    for chunk in chunks:
        text = rest + chunk
        cut = max(text.rfind(b"<c "), text.rfind(b"<row"))
        if cut <= 0 and len(text) > 2 * _CHUNK:
            cut = text.rfind(b"<")
        cut = max(cut, 0)
        rest = text[cut:]
        yield text[:cut]
    yield rest


def _measure(part: bytes, extent: _Extent) -> None:
    if not _measure_plain(part, extent):
        _measure_with_care(part, extent)


def _measure_plain(part: bytes, extent: _Extent) -> bool:
    """The same for cells as every usual program writes them, eight times as fast; False when some are not."""
    references = _PLAIN_CELL.findall(part)
    is_plain = part.count(b"<c") - part.count(b"<col") == len(references) and b":c" not in part
    if not is_plain or b"<f" in part or b't="e"' in part or b"t='e'" in part:
        return False
    if references:
        columns = {letters for letters, _ in references}
        row = max(map(int, {digits for _, digits in references}))
        extent.reach(row, 1 + max(column_index(letters.decode()) for letters in columns))
        extent.cells += len(references) - 1
    return True


def _measure_with_care(part: bytes, extent: _Extent) -> None:
    for match in _CELL.finditer(part):
        reference = _REFERENCE.search(match[1])
        if reference is None:
            extent.cells += 1
            continue
        row, column = _place(reference[1])
        extent.reach(row, column)
        if match[3] or b'"e"' in match[1] or b"'e'" in match[1]:
            _note_formula(part, match, (row, column), extent)


def _note_formula(part: bytes, match: re.Match[bytes], place: tuple[int, int], extent: _Extent) -> None:
    end = _END_OF_CELL.search(part, match.end())
    value = _VALUE.search(part, match.end(), end.start() if end else match.end())
    extent.formulas += 1 if match[3] else 0
    if _IS_ERROR.search(match[1]):
        extent.errors[place] = value[1].decode("utf-8", "replace")[:20] if value else "#N/A"
    elif (
        match[3] and (value is None or not value[1]) and b"<is>" not in part[match.end() : match.end() + 400]
    ):
        extent.empty_formulas.add(place)


def _place(reference: bytes) -> tuple[int, int]:
    match = _PLAIN_REFERENCE.fullmatch(reference)
    if match is None:
        raise _Refused(Refusal("damaged"))
    return int(match[2]), column_index(match[1].decode().upper()) + 1


def _judge_extent(extent: _Extent) -> None:
    area = extent.row * extent.column
    if extent.row <= MAX_ROWS and extent.column <= MAX_COLUMNS and area <= MAX_CELLS:
        return
    reference = f"{column_letters(extent.column - 1)}{extent.row}"
    is_lonely = extent.cells * 20 < area
    limits: dict[str, str | int] = {"cell": reference, "rows": MAX_ROWS, "columns": MAX_COLUMNS}
    raise _Refused(Refusal("far_cell" if is_lonely else "too_large", limits))


def _sniff_zip(path: Path) -> Kind | Refusal:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return Refusal("damaged")
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names or "content.xml" in names:
        return Refusal("other_workbook")
    return Refusal("no_table")


def _sniff_ole(path: Path) -> Refusal:
    """Old Excel files and encrypted new ones share their outer form; the names inside tell them apart."""
    with path.open("rb") as file:
        content = file.read(8_000_000)
    is_encrypted = "EncryptedPackage".encode("utf-16-le") in content
    return Refusal("password" if is_encrypted else "old_excel")


def utf16_without_mark(head: bytes) -> str:
    """The encoding of two-byte text that does not announce itself: zeros in its commas and line ends tell."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if (even + odd) * 20 < len(head):
        return ""
    return "utf-16-le" if odd > 2 * even else "utf-16-be" if even > 2 * odd else ""
