"""A small EPUB 3 as a publisher makes one: styles, a picture, notes, italics, text in pieces."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO

NAMES = 'xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"'
CONTAINER = (
    '<?xml version="1.0"?><container version="1.0" '
    'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OPS/package.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>"
)
STYLES = "body { margin: 5%; } .small { font-variant: small-caps; }\n"
ONE = (
    '<section epub:type="chapter"><h1 id="c1">One: <em>The Lamp</em></h1>\n'
    '<p class="first"><span class="small">He was</span> <em>very</em> tired. Dr. Lee paid $5, and '
    'left<a epub:type="noteref" href="#n1">1</a> at once.</p>\n'
    "<p><em>“Never!</em> I <b>mean</b> it,” said <i>Ann</i>. <em>All of it. And more.</em></p>\n"
    '<figure><img src="../images/lamp.png" alt="A lamp"/></figure>\n'
    "<blockquote><p>Roses are red,<br/>violets are &#8220;blue&#8221;.</p></blockquote>\n"
    '<aside epub:type="footnote" id="n1"><p>A note that nobody reads.</p></aside></section>'
)
TWO = (
    '<section epub:type="chapter"><h1>Two</h1><p>Then it was over &amp; done with, as it\n'
    "     had to be.</p><p>No.</p><p>That is all that there was to tell of it.</p></section>"
)
PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="uid">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="uid">urn:isbn:9780000000001</dc:identifier><dc:title>The Lamp</dc:title>
<dc:language>en</dc:language><dc:creator id="who">A. Writer</dc:creator>
<meta property="dcterms:modified">2020-02-02T02:02:02Z</meta></metadata>
<manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="css" href="styles/book.css" media-type="text/css"/>
<item id="lamp" href="images/lamp.png" media-type="image/png"/>
<item id="one" href="text/one.xhtml" media-type="application/xhtml+xml"/>
<item id="two" href="text/two.xhtml" media-type="application/xhtml+xml"/>
</manifest><spine><itemref idref="one"/><itemref idref="two"/></spine></package>
"""


def page(title: str, body: str) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n<html {NAMES} lang="en">'
        f"<head><title>{title}</title>"
        '<link rel="stylesheet" type="text/css" href="../styles/book.css"/></head>\n'
        f"<body>{body}</body></html>"
    )


def picture() -> bytes:
    rows = zlib.compress(b"\x00\xff\xee\xaa")
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
        (b"IDAT", rows),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


FILES: dict[str, str | bytes] = {
    "META-INF/container.xml": CONTAINER,
    "OPS/package.opf": PACKAGE,
    "OPS/nav.xhtml": page(
        "Contents",
        '<nav epub:type="toc"><ol><li><a href="text/one.xhtml">One</a></li>'
        '<li><a href="text/two.xhtml">Two</a></li></ol></nav>',
    ).replace("../styles", "styles"),
    "OPS/styles/book.css": STYLES,
    "OPS/images/lamp.png": picture(),
    "OPS/text/one.xhtml": page("One", ONE),
    "OPS/text/two.xhtml": page("Two", TWO),
}


SECOND_PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="2.0" unique-identifier="uid">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf">
<dc:identifier id="uid" opf:scheme="ISBN">urn:isbn:9780000000001</dc:identifier>
<dc:title>The Lamp</dc:title><dc:language>en</dc:language>
<dc:creator opf:role="aut" opf:file-as="Writer, A.">A. Writer</dc:creator>
<dc:date opf:event="publication">2009</dc:date><dc:date opf:event="modification">2010</dc:date>
<meta name="cover" content="lamp"/></metadata>
<manifest>
<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>
<item id="css" href="styles/book.css" media-type="text/css"/>
<item id="lamp" href="images/lamp.png" media-type="image/png"/>
<item id="one" href="text/caf%C3%A9.xhtml" media-type="application/xhtml+xml"/>
<item id="two" href="text/two.xhtml" media-type="application/xhtml+xml"/>
</manifest><spine toc="ncx"><itemref idref="one"/><itemref idref="two"/></spine>
<guide><reference type="text" title="Text" href="text/caf%C3%A9.xhtml"/></guide></package>
"""
SECOND_NCX = """<?xml version="1.0" encoding="utf-8"?>
<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1"><head>
<meta name="dtb:uid" content="urn:isbn:9780000000001"/></head>
<docTitle><text>The Lamp</text></docTitle><navMap>
<navPoint id="p1" playOrder="1"><navLabel><text>One</text></navLabel>
<content src="text/caf%C3%A9.xhtml"/><navPoint id="p2" playOrder="2">
<navLabel><text>The Middle</text></navLabel><content src="text/caf%C3%A9.xhtml#old"/></navPoint>
</navPoint><navPoint id="p3" playOrder="3"><navLabel><text>Two</text></navLabel>
<content src="text/two.xhtml"/></navPoint></navMap></ncx>
"""


def second_page(title: str, body: str) -> str:
    """A page in XHTML 1.1, as it was written then."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" '
        '"http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd">\n'
        f'<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en"><head><title>{title}</title>'
        '<meta http-equiv="Content-Type" content="application/xhtml+xml; charset=utf-8"/>'
        '<link rel="stylesheet" type="text/css" href="../styles/book.css"/></head>\n'
        f"<body>{body}</body></html>"
    )


SECOND: dict[str, str | bytes] = {
    "META-INF/container.xml": CONTAINER,
    "OPS/package.opf": SECOND_PACKAGE,
    "OPS/toc.ncx": SECOND_NCX,
    "OPS/styles/book.css": STYLES,
    "OPS/images/lamp.png": picture(),
    "OPS/text/café.xhtml": second_page(
        "One",
        '<h1>One</h1><p class="first"><span class="small">He was</span> <em>very</em> tired.</p>'
        '<p align="center"><a name="old"/>Dr. Lee paid $5. <em>All of it. And more.</em></p>'
        '<p><img src="../images/lamp.png" alt="A lamp"/></p>',
    ),
    "OPS/text/two.xhtml": second_page(
        "Two", "<h1>Two</h1><p>Then <tt>it</tt> was <big>over</big>.</p>"
    ),
}
"""The same story as an EPUB 2."""


def publishers_epub(files: Mapping[str, str | bytes] = FILES) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        for name, data in files.items():
            archive.writestr(name, data, zipfile.ZIP_DEFLATED)
    return made.getvalue()
