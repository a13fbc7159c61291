"""The package of an xlsx file, looked at before anything in it is believed.

A delivery list comes from outside. What it may hold is what a list needs; everything else is refused by name: old binary and
encrypted files, macros, embedded objects, links to other files, document type declarations, and archives that unpack to more than any
list has. Sources: ECMA-376 part 2 (packages), MS-OFFCRYPTO 2.2 (encrypted files are OLE containers), APPNOTE.TXT (zip).
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from xml.parsers import expat

from ...common.problems import fail

MIB = 1024 * 1024
MAX_FILE = 32 * MIB
#: unpacked, all parts together; a full sheet of 1,048,576 empty formatted rows stays below
MAX_UNPACKED = 256 * MIB
MAX_ENTRIES = 2000
#: how many times a part may grow when it is unpacked; looked at above :data:`SMALL`
MAX_RATIO = 200
SMALL = 4 * MIB
_CHUNK = 64 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: parts with a content of their own, by a piece of their name
_ACTIVE = ("vbaproject", "/activex/", "/ctrlprops/", "/embeddings/", "/macrosheets/", "/dialogsheets/")
_OUTSIDE = ("/externallinks/", "xl/connections", "/querytables/", "/webextensions/")


def refuse_other_formats(data: bytes, path: str) -> None:
    """Files that look like a list to a person and are none: named, with what to do.

    :raises WardopsError: E0702 (encrypted), E0701 (any other format).
    """
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise fail("E0702", path)
        raise fail(
            "E0701", path, kind_ja="古い Excel 形式（.xls）か、ほかの古い Office 文書", kind="an old Excel (.xls) or other old Office file"
        )
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for start, ja, en in (
        (b"%pdf", "PDF", "a PDF"),
        (b"<!doctype html", "Web ページ（拡張子だけ Excel）", "a web page"),
        (b"<html", "Web ページ（拡張子だけ Excel）", "a web page"),
        (b"<table", "Web ページ（拡張子だけ Excel）", "a web page"),
        (b"<?xml", "XML（Excel 2003 形式など）", "an XML file (Excel 2003, for example)"),
        (b"{\\rtf", "リッチテキスト", "rich text"),
        (b"\x1f\x8b", "gzip 圧縮ファイル", "a gzip file"),
        (b"\x89png", "画像", "a picture"),
        (b"\xff\xd8\xff", "画像", "a picture"),
    ):
        if head.startswith(start):
            raise fail("E0701", path, kind_ja=ja, kind=en)


class Package:
    """An xlsx file's parts, each read with a limit.

    :param data: the file's bytes.
    :raises WardopsError: E0701 (no workbook), E0703 (macros, embedded objects), E0704 (links to the outside), E0705 (unpacks to too
        much), E0706 (damaged).
    """

    def __init__(self, data: bytes, path: str) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise fail("E0706", path, part="-", reason=str(error)) from None
        entries = self._zip.infolist()
        self._bounded(entries)
        self._names = {entry.filename.lstrip("/").lower(): entry for entry in entries}
        if "xl/workbook.xml" not in self._names:
            ja, en = _other_archive(self._names)
            raise fail("E0701", path, kind_ja=ja, kind=en)
        if any(entry.flag_bits & 1 for entry in entries):
            raise fail("E0702", path)
        self._inert()

    def _bounded(self, entries: list[zipfile.ZipInfo]) -> None:
        if len(entries) > MAX_ENTRIES:
            raise fail("E0705", self.path, what_ja=f"部品 {len(entries):,} 個", what=f"{len(entries):,} parts", limit=f"{MAX_ENTRIES:,}")
        total = sum(entry.file_size for entry in entries)
        if total > MAX_UNPACKED:
            raise fail("E0705", self.path, what_ja=f"展開後 {total:,} バイト", what=f"{total:,} bytes unpacked", limit=f"{MAX_UNPACKED:,}")
        for entry in entries:
            if entry.file_size > SMALL and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
                ratio = entry.file_size // max(entry.compress_size, 1)
                raise fail("E0705", self.path, what_ja=f"圧縮率 {ratio:,} 倍", what=f"a ratio of {ratio:,}", limit=str(MAX_RATIO))

    def _inert(self) -> None:
        for name, entry in self._names.items():
            if any(piece in f"/{name}" for piece in _ACTIVE):
                raise fail("E0703", self.path, part=entry.filename)
            if any(piece in f"/{name}" for piece in _OUTSIDE):
                raise fail("E0704", self.path, part=entry.filename)
        kinds = b"".join(self.chunks("[content_types].xml")) if self.has("[content_types].xml") else b""
        if b"macroenabled" in kinds.lower():
            raise fail("E0703", self.path, part="[Content_Types].xml")

    def has(self, name: str) -> bool:
        return name.lower() in self._names

    def chunks(self, name: str) -> Iterator[bytes]:
        """A part's bytes, never more than it says it has.

        :raises WardopsError: E0706 when the part is missing or damaged.
        """
        entry = self._names.get(name.lower())
        if entry is None:
            raise fail("E0706", self.path, part=name, reason="the part is missing")
        try:
            with self._zip.open(entry) as stream:
                left = entry.file_size
                while chunk := stream.read(_CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        raise fail(
                            "E0705", self.path, what_ja=f"{name} の申告と違う大きさ", what=f"more in {name} than declared", limit="0"
                        )
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError) as error:
            raise fail("E0706", self.path, part=name, reason=str(error)) from None

    def parse(
        self,
        name: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        """Feed a part to handlers; elements come without their prefix. No entity is ever expanded, nothing outside is read.

        :raises WardopsError: E0706 (no XML), E0707 (a document type declaration); what a handler raises goes through.
        """
        parser = expat.ParserCreate()
        parser.buffer_text = True
        local: dict[str, str] = {}

        def short(name: str) -> str:
            found = local.get(name)
            if found is None:
                found = local[name] = name.rpartition(":")[2]
            return found

        def doctype(*_: object) -> None:
            raise fail("E0707", self.path, part=name)

        parser.StartElementHandler = lambda tag, attributes: start(short(tag), attributes)
        if end:
            parser.EndElementHandler = lambda tag: end(short(tag))
        if text:
            parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = doctype
        parser.EntityDeclHandler = doctype
        try:
            for chunk in self.chunks(name):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise fail("E0706", self.path, part=name, reason=str(error)) from None


def _other_archive(names: dict[str, zipfile.ZipInfo]) -> tuple[str, str]:
    if "xl/workbook.bin" in names:
        return "Excel バイナリ形式（.xlsb）", "an Excel binary workbook (.xlsb)"
    if "content.xml" in names and "mimetype" in names:
        return "OpenDocument（.ods など）", "an OpenDocument file (.ods)"
    if "word/document.xml" in names:
        return "Word 文書", "a Word document"
    return "Excel ブックではない zip ファイル", "a zip file that is no workbook"
