"""The shape of what is kept: a list of items that the viewer draws again and DICOM objects can be made of.

An item: `tool`, `series` and `instance` (UIDs), `frame` (from 1), `points` (patient coordinates in mm), `image` (the same
points as column and row, the first pixel from 0 to 1), `normal` and `up` (of the view), `values` (name, number, unit).
The tool `key` marks the image itself as one to look at: it has no points.
"""

import math
import re
from typing import Any, Final

from placa.standards.dicom.uids import is_valid_uid

BODY_LIMIT: Final = 256 * 1024  # bytes of a request
KEY: Final = "key"
_ITEMS, _POINTS, _VALUES = 300, 64, 12
_TEXT: Final = 500
_NAME: Final = re.compile(r"[a-z][a-zA-Z]{0,23}")
_KEYS: Final = frozenset(
    ("tool", "series", "instance", "frame", "points", "image", "normal", "up", "values", "text")
)


class BadContent(ValueError):
    """What was sent is not a list of such items; says where."""


def checked(content: Any) -> list[dict[str, Any]]:
    """`content`, if it is what the module says. Raises BadContent."""
    if not isinstance(content, list) or len(content) > _ITEMS:
        raise BadContent(f"a list of at most {_ITEMS} measurements")
    for item in content:
        _check(item)
    return content


def _check(item: Any) -> None:
    if not isinstance(item, dict) or not item.keys() <= _KEYS:
        raise BadContent("a measurement has other fields")
    _need(isinstance(item.get("tool"), str) and _NAME.fullmatch(item["tool"]), "tool")
    for name in ("series", "instance"):
        _need(isinstance(item.get(name), str) and is_valid_uid(item[name]), name)
    _need(type(item.get("frame")) is int and 1 <= item["frame"] <= 1_000_000, "frame")
    _need(_vectors(item.get("points"), 3) and bool(item["points"]) != (item["tool"] == KEY), "points")
    _need(_vectors(item.get("image", []), 2), "image")
    _need(all(_vectors([item[name]], 3) for name in ("normal", "up") if name in item), "normal, up")
    _need(isinstance(item.get("text", ""), str) and len(item.get("text", "")) <= _TEXT, "text")
    values = item.get("values", [])
    _need(isinstance(values, list) and len(values) <= _VALUES and all(map(_is_value, values)), "values")


def _need(right: object, what: str) -> None:
    if not right:
        raise BadContent(what)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and abs(value) < 1e9


def _vectors(value: Any, size: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= _POINTS
        and all(isinstance(one, list) and len(one) == size and all(map(_is_number, one)) for one in value)
    )


def _is_value(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"name", "number", "unit"}
        and isinstance(value["name"], str)
        and _NAME.fullmatch(value["name"]) is not None
        and _is_number(value["number"])
        and isinstance(value["unit"], str)
        and len(value["unit"]) <= 16
    )
