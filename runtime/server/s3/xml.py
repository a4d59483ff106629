"""S3's XML documents: written from pairs, read without entities."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from runtime.server.s3.errors import malformed_xml

Value = str | int | bool | None | list["Pair"]
Pair = tuple[str, Value]
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def render(root: str, members: Iterable[Pair], *, namespace: bool = True) -> bytes:
    """An XML document; a list is a nested element, None is left out."""
    attribute = f' xmlns="{_NAMESPACE}"' if namespace else ""
    inner = "".join(_element(name, value) for name, value in members)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}{attribute}>{inner}</{root}>'.encode()


def _element(name: str, value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        inner = "".join(_element(child, member) for child, member in value)
    elif isinstance(value, bool):
        inner = str(value).lower()
    else:
        inner = _CONTROL.sub(_reference, html.escape(str(value), quote=False))
    return f"<{name}>{inner}</{name}>"


def _reference(match: re.Match[str]) -> str:
    # Not XML 1.0, but what S3 answers when a key holds such a character and no encoding was asked for.
    return f"&#x{ord(match[0]):x};"


def parse(body: bytes) -> ET.Element:
    """The root of a request document, names without namespace. Raises S3Error."""
    try:
        text = body.decode("utf-8-sig")
        if "<!" in text:  # no document types, so no entities: nothing can expand
            raise malformed_xml()
        root = ET.fromstring(text)  # noqa: S314
    except (UnicodeDecodeError, ET.ParseError, ValueError) as error:
        raise malformed_xml() from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root
