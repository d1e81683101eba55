"""The page that shows every route with a line that can be typed: no script, no foreign host."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

HEAD = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>higgs serve</title>
<style>body{font:16px/1.5 system-ui;max-width:56rem;margin:2rem auto;padding:0 1rem}
pre{background:#f3f3f3;padding:.8rem;overflow-x:auto}@media(prefers-color-scheme:dark){
body{background:#111;color:#ddd}pre{background:#222}a{color:#9cf}}</style>
<h1>higgs serve</h1>
<p>Every route, with a line to type. The schema is <a href="openapi.json">openapi.json</a>.
Where the server asks for a token, add <code>-H "Authorization: Bearer $TOKEN"</code>.</p>
"""
ADDRESS = "http://127.0.0.1:8080"
OUTPUTS = {"/v1/audio/speech": "-o speech.wav"}
BODIES = {"/v1/audio/voices": '--data-binary @ann.wav -H "Content-Type: audio/wav"'}
QUERIES = {"/v1/audio/voices": "?name=ann&text=What%20Ann%20says%20in%20it."}


def examples_page(schema: Mapping[str, Any]) -> str:
    """HTML of an OpenAPI schema."""
    parts = [HEAD]
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            parts.append(f"<h2>{method.upper()} {escape(path)}</h2>\n")
            parts.append(f"<p>{escape(operation.get('description', ''))}</p>\n")
            line = example(schema, path, method)
            parts.append(f"<pre>{escape(line)}</pre>\n")
    return "".join(parts)


def example(schema: Mapping[str, Any], path: str, method: str, address: str = ADDRESS) -> str:
    """A line of curl that does it."""
    url = address + path.replace("{name}", "ann")
    if method == "get":
        return f"curl {url}"
    if method == "delete":
        return f"curl -X DELETE {url}"
    if path in BODIES:
        return f"curl {BODIES[path]} '{url}{QUERIES[path]}'"
    body = json.dumps(_body(schema, path, method))
    tail = f" {OUTPUTS[path]}" if path in OUTPUTS else ""
    return f"curl {url} -H \"Content-Type: application/json\" -d '{body}'{tail}"


def _body(schema: Mapping[str, Any], path: str, method: str) -> Any:
    """The example that the schema of the body has."""
    content = schema["paths"][path][method]["requestBody"]["content"]["application/json"]
    name = content["schema"]["$ref"].rpartition("/")[2]
    return schema["components"]["schemas"][name]["examples"][0]
