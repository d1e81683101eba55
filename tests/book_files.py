"""Books made by tests: EPUB, DOCX and PDF files of a few pages."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>"
)
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
EPUB_NAMES = 'xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"'


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            way = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), data, way)
    return held.getvalue()


def page(body: str, attributes: str = "") -> str:
    return (
        f"<html {EPUB_NAMES}><head><title>x</title></head><body {attributes}>{body}</body></html>"
    )


def epub_files(
    pages: Mapping[str, str],
    *,
    nav: str = "",
    ncx: str = "",
    metadata: str = "<dc:title>The Mill</dc:title><dc:creator>Ann Lee</dc:creator>"
    "<dc:language>en-GB</dc:language>",
    spine: str | None = None,
    items: str = "",
    extra: Mapping[str, str | bytes] | None = None,
) -> dict[str, str | bytes]:
    """The files of an EPUB; `pages` are bodies by name, in the order of the spine."""
    listed = "".join(
        f'<item id="p{i}" href="{name}" media-type="application/xhtml+xml"/>'
        for i, name in enumerate(pages)
    )
    files: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
    }
    if nav:
        listed += (
            '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
        )
        files["OEBPS/nav.xhtml"] = page(f'<nav epub:type="toc"><ol>{nav}</ol></nav>')
    if ncx:
        listed += '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
        files["OEBPS/toc.ncx"] = (
            f'<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>{ncx}</navMap></ncx>'
        )
    references = "".join(f'<itemref idref="p{i}"/>' for i in range(len(pages)))
    files["OEBPS/book.opf"] = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>'
        f"<manifest>{listed}{items}</manifest>"
        f'<spine toc="ncx">{references if spine is None else spine}</spine></package>'
    )
    files |= {f"OEBPS/{name}": body for name, body in pages.items()}
    return files | dict(extra or {})


def epub(pages: Mapping[str, str], **parts: str) -> bytes:
    return zipped(epub_files({name: page(body) for name, body in pages.items()}, **parts))  # type: ignore[arg-type]


def run(text: str, setting: str = "") -> str:
    return f'<w:r><w:rPr>{setting}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(runs: str, style: str = "", number: str = "") -> str:
    setting = f'<w:pStyle w:val="{style}"/>' if style else ""
    if number:
        setting += f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>'
    return f"<w:p><w:pPr>{setting}</w:pPr>{runs}</w:p>"


def docx_files(body: str, footnotes: str = "", title: str = "The Mill") -> dict[str, str | bytes]:
    """The files of a DOCX with the usual styles, a list and notes."""
    styles = {"Title": "Title", "Heading1": "heading 1", "TOC1": "toc 1", "Note": "footnote text"}
    styles |= {"Caption": "caption"}
    told = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{shown}"/></w:style>'
        for name, shown in styles.items()
    )
    return {
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {W}>{told}</w:styles>",
        "word/footnotes.xml": f"<w:footnotes {W}>{footnotes}</w:footnotes>",
        "word/numbering.xml": (
            f'<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0">'
            '<w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
            '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
        ),
        "docProps/core.xml": (
            '<c:coreProperties xmlns:c="c" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<dc:title>{title}</dc:title><dc:creator>Ann Lee</dc:creator></c:coreProperties>"
        ),
    }


def pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """Pages of lines in Helvetica."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    kids = []
    for lines in pages:
        shown = b" ".join(b"(" + line.encode("latin-1") + b") Tj T*" for line in lines)
        text = b"BT /F1 12 Tf 14 TL 50 780 Td " + shown + b" ET"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    out, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    out_table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return (
        out
        + out_table
        + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF"
        % (
            size,
            len(out),
        )
    )
