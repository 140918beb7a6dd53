"""Values of the store as text for a reader: units and money without trailing zeros, days in ISO, none as nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from dashboard.domain.exact import MONEY_SCALE, QUANTITY_SCALE
from data_access.records import Kind

_SCALES = {Kind.QUANTITY: QUANTITY_SCALE, Kind.MONEY: MONEY_SCALE}


def shown(value: Any, kind: Kind) -> str:
    """A value of a column of that kind as text.

    >>> shown(2_500, Kind.QUANTITY), shown(199_000, Kind.MONEY), shown(None, Kind.DATE)
    ('2.5', '19.9', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if kind in _SCALES:
        return f"{(Decimal(int(value)) / _SCALES[kind]).normalize():f}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def key_text(keys: Iterable[Any]) -> str:
    """A key of one or several columns as one text, as in SO-5001/1."""
    return "/".join(key.isoformat() if isinstance(key, date) else str(key) for key in keys)
