"""The text of a PDF, page by page, in a process of its own: whatever the file does, it ends here.

Run by path, with the PDF as standard input; writes JSON. Imports nothing of this package, so that
the process is small and its limits are about the file alone.
"""

import json
import resource
import sys

MOST_MEMORY = 1 << 30
MOST_CPU_SECONDS = 120
MOST_PAGES = 5000


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    sys.stdout.write(json.dumps(_answer()))


def _answer() -> dict[str, object]:
    try:
        import pypdf
    except ImportError:
        return {"error": "missing"}
    import io
    import logging

    logging.disable(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(io.BytesIO(sys.stdin.buffer.read()))
        if reader.is_encrypted and not reader.decrypt(""):
            return {"error": "locked"}
        count = len(reader.pages)
        if count > MOST_PAGES:
            return {"error": "long", "count": count}
        pages = [reader.pages[number].extract_text() for number in range(count)]
        facts = {
            name: str(value)[:4000] for name, value in (reader.metadata or {}).items() if value
        }
    except BaseException as error:  # whatever a damaged file makes of it
        return {"error": f"{type(error).__name__}: {error}"[:200]}
    return {"pages": pages, "facts": facts}


if __name__ == "__main__":
    main()
