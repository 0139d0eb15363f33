"""What a file must pass before it is read: bounded size, lines and unpacking, no NUL bytes, a known encoding.

The whole file is streamed once in pieces, so that a line of 500 MB or a packed bomb costs one piece of memory.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, cast

from vunnet.exchange import limits
from vunnet.exchange.refusals import CannotRead
from vunnet.exchange.sentences import said

PIECE = 1024 * 1024
TAIL = 16 * 1024  # of the end, to see whether the last line closes its quotes
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
_CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br=["']([A-Z]{1,4})([0-9]{1,9})["']""")
_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br=["']([0-9]{1,9})["']""")


def open_bytes(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked when it is gzipped."""
    return cast(IO[bytes], gzip.open(path)) if is_gzip(path) else path.open("rb")


def is_gzip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == GZIP


def is_zip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == ZIP


def read_head(path: Path) -> bytes:
    with open_bytes(path) as stream:
        try:
            return stream.read(limits.HEAD_BYTES)
        except (OSError, EOFError, zlib.error) as fault:
            raise CannotRead(
                "{name} is a damaged gzip file ({fault}); pack it again.", name=path.name, fault=fault
            ) from fault


def _pieces(path: Path) -> Iterator[bytes]:
    size, seen = path.stat().st_size, 0
    with open_bytes(path) as stream:
        while True:
            try:
                piece = stream.read(PIECE)
            except (OSError, EOFError, zlib.error) as fault:
                raise CannotRead(
                    "{name} is a damaged gzip file ({fault}); pack it again.", name=path.name, fault=fault
                ) from fault
            if not piece:
                return
            seen += len(piece)
            _refuse_size(path, seen, size)
            yield piece


def _refuse_size(path: Path, seen: int, packed: int) -> None:
    if seen > limits.FILE_BYTES:
        raise CannotRead(
            "{name} is larger than {most} bytes; split it into several files.",
            name=path.name,
            most=limits.FILE_BYTES,
        )
    if seen > limits.UNPACK_FREE_BYTES and seen > packed * limits.UNPACK_RATIO:
        raise CannotRead(
            "{name} unpacks to over {times} times its size and is not read further.",
            name=path.name,
            times=limits.UNPACK_RATIO,
        )


@dataclass(frozen=True)
class Survey:
    """What one pass over a whole text file told. `lines`: physical ones, 0 where their ends are unusual."""

    encoding: str
    quotes_pair_up: bool
    last_line: str
    lines: int


def survey(path: Path, guess: str) -> Survey:
    """The encoding the whole file is really written in, whether its quotes pair up, and its lines.

    Refuses NUL bytes, over-long lines and sizes, and bytes that fit neither UTF-8, UTF-16 nor Windows-1252.
    """
    if guess.startswith("utf-16"):
        return _stream(path, guess)
    try:
        return _stream(path, "utf-8-sig" if guess == "utf-8-sig" else "utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return _stream(path, "cp1252")
    except UnicodeDecodeError as fault:
        why = said("{name} is neither UTF-8, UTF-16 nor Windows-1252 text; save it as CSV UTF-8.", name=path.name)
        raise CannotRead(why) from fault


def _stream(path: Path, encoding: str) -> Survey:
    """Pass over the file, refusing what must be refused."""
    decoder = codecs.getincrementaldecoder(encoding)()
    wide = encoding.startswith("utf-16")
    line = quotes = lines = returns = 0
    tail = b""
    for piece in _pieces(path):
        if not wide and b"\0" in piece:
            raise CannotRead(
                "{name} holds NUL bytes, so it is not a text file; export it as CSV or XLSX.", name=path.name
            )
        decoder.decode(piece)
        quotes += piece.count(b'"')
        lines += piece.count(b"\n")
        returns += piece.count(b"\r")
        tail = (tail + piece)[-TAIL:]
        line = _longest(piece, line)
        if line > limits.LINE_BYTES:
            raise CannotRead(
                "{name} has a line of over {most} bytes; no export has such lines.",
                name=path.name,
                most=limits.LINE_BYTES,
            )
    _end(path, decoder, wide)
    plain_ends = not wide and returns in (0, lines)
    last_line = b"" if wide else re.split(rb"[\r\n]", tail.rstrip(b"\r\n"))[-1]
    count = lines + (tail[-1:] != b"\n") if plain_ends else 0
    return Survey(encoding, quotes % 2 == 0, last_line.decode(encoding, "replace"), count)


def _end(path: Path, decoder: codecs.IncrementalDecoder, wide: bool) -> None:
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as fault:
        if wide:
            raise CannotRead(
                "{name} ends in the middle of a UTF-16 character; export it again.", name=path.name
            ) from fault
        raise


def _longest(piece: bytes, carried: int) -> int:
    """Length of the longest line seen so far that is still growing, in bytes; inner lines cannot exceed a piece."""
    last = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
    if last < 0:
        return carried + len(piece)
    firsts = [place for place in (piece.find(b"\n"), piece.find(b"\r")) if place >= 0]
    if carried + min(firsts) > limits.LINE_BYTES:
        return carried + min(firsts)
    return len(piece) - last


def check_workbook(path: Path) -> None:
    """Unpack every part of a workbook in pieces and count, before anything builds cells from it. The same file is looked through once."""
    stat = path.stat()
    _look_through(path, stat.st_size, stat.st_mtime_ns, stat.st_ino)


@lru_cache(maxsize=64)
def _look_through(path: Path, _size: int, _mtime: int, _inode: int) -> None:
    if path.stat().st_size > limits.SHEET_BYTES:
        raise CannotRead("{name} is larger than {most} bytes; save it as CSV.", name=path.name, most=limits.SHEET_BYTES)
    try:
        with zipfile.ZipFile(path) as book:
            entries = book.infolist()
            if len(entries) > limits.SHEET_ENTRIES:
                raise CannotRead("{name} has {count} parts, which no workbook has.", name=path.name, count=len(entries))
            left = limits.SHEET_BYTES
            for entry in entries:
                left -= _check_entry(path, entry, left)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as fault:
        raise CannotRead(
            "{name} is a damaged workbook ({fault}); save it again in Excel.", name=path.name, fault=fault
        ) from fault


def _check_entry(path: Path, entry: zipfile.ZipInfo, left: int) -> int:
    is_sheet = "worksheets/" in entry.filename.lower()
    width = height = seen = 0
    tail = b""
    for piece in _inflated(path, entry):
        seen += len(piece)
        if seen > left:
            raise CannotRead(
                "{name} unpacks to over {most} bytes; save it as CSV.", name=path.name, most=limits.SHEET_BYTES
            )
        if seen > limits.UNPACK_FREE_BYTES and seen > entry.compress_size * limits.UNPACK_RATIO:
            raise CannotRead(
                "{name} unpacks to over {times} times its size and is not read further.",
                name=path.name,
                times=limits.UNPACK_RATIO,
            )
        if is_sheet:
            width, height = _extent(tail + piece, width, height)
            tail = piece[-200:]
            if width * height > limits.SHEET_CELLS or width > limits.COLUMNS:
                raise CannotRead(
                    "{name} has a sheet of {width} columns and {height} rows; delete the stray cells far from the table, or save it as CSV.",
                    name=path.name,
                    width=width,
                    height=height,
                )
    return seen


def _extent(xml: bytes, width: int, height: int) -> tuple[int, int]:
    for letters, row in _CELL.findall(xml):
        if len(letters) > 2 or row > b"9999":
            height = max(height, int(row))
        else:
            height = max(height, int(row)) if height < 10_000 else height
        number = 0
        for letter in letters:
            number = number * 26 + letter - 64
        width = max(width, number)
    return width, max([height, *map(int, _ROW.findall(xml))])


def _inflated(path: Path, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """What an entry really unpacks to: a lying header must not hide its size."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & 1:
        raise CannotRead(
            "{name} is encrypted or packed in an unusual way; save it as an ordinary .xlsx.", name=path.name
        )
    with path.open("rb") as raw:
        raw.seek(entry.header_offset)
        local = raw.read(30)
        raw.seek(int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little"), 1)
        left = entry.compress_size
        inflate = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
        while left > 0:
            packed = raw.read(min(PIECE, left))
            if not packed:
                return
            left -= len(packed)
            if inflate is None:
                yield packed
                continue
            while packed:
                piece = inflate.decompress(packed, PIECE)
                if piece:
                    yield piece
                packed = inflate.unconsumed_tail
