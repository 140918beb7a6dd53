"""From the text of a number to exact whole thousandths or ten-thousandths.

A text that could mean two numbers ("1,234") is read only by a decimal sign that was settled.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal

SIGNS = ("point", "comma")
LARGEST = 999_999_999
_LONGEST = 400
_EXACT = Context(prec=2 * _LONGEST)

_BLANKS = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_CURRENCY = r"(?:[$€£¥₹]|EUR|USD|GBP|CHF|JPY|CNY|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|INR|BRL|MXN|ZAR|Fr\.|kr)"
_BEFORE = re.compile(rf"^([-+]?) ?{_CURRENCY} ?")
_AFTER = re.compile(rf" ?{_CURRENCY} ?(-?)$")
_BODIES = {
    "point": re.compile(
        r"((?=\.?[0-9])[0-9]*|[1-9][0-9]{0,2}(?:([ ',])[0-9]{3})(?:\2[0-9]{3})*|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3})"
        r"(?:\.([0-9]*))?"
    ),
    "comma": re.compile(r"((?=,?[0-9])[0-9]*|[1-9][0-9]{0,2}(?:([ '.])[0-9]{3})(?:\2[0-9]{3})*)(?:,([0-9]*))?"),
}
_PLAIN = re.compile(r"-?[0-9]{1,30}(?:([.,])(?:[0-9]{1,2}|[0-9]{4,30}))?")
_SIGN_NAMES = {".": "point", ",": "comma"}
_EXPONENT = re.compile(r"(.*[0-9.,])[eE]([-+]?[0-9]{1,2})")
_NOT_FINITE = re.compile(r"[-+]?(nan|inf|infinity|∞)", re.IGNORECASE)
_GROUPS = str.maketrans("", "", " ',.")


def is_no_number(text: str) -> bool:
    """Whether the text stands for an empty cell: nothing, or the NULL of a database export."""
    return not text or text.upper() in ("NULL", r"\N")


def readings(text: str, is_money: bool = False) -> dict[str, Decimal]:
    """The numbers that a text can mean, by its decimal sign; the same under both where it is plain.

    >>> readings("1,234")
    {'point': Decimal('1234'), 'comma': Decimal('1.234')}
    >>> readings("1.234,50-")
    {'comma': Decimal('-1234.50')}
    """
    if found := _PLAIN.fullmatch(text):
        return _plain_readings(text, found[1])
    if len(text) > _LONGEST:
        return {}
    sign, body = _signed(_without_currency(text) if is_money else _BLANKS.sub(" ", text))
    exponent = _EXPONENT.fullmatch(body)
    body, power = (exponent[1], int(exponent[2])) if exponent else (body, 0)
    return {name: number for name in SIGNS if (number := _number(body, name, sign, power)) is not None}


def _plain_readings(text: str, decimal_sign: str | None) -> dict[str, Decimal]:
    """A number without thousands separators; where its sign could be one, "1.234", it is left to the long way."""
    if not decimal_sign:
        return dict.fromkeys(SIGNS, Decimal(text))
    return {_SIGN_NAMES[decimal_sign]: Decimal(text.replace(",", "."))}


def _without_currency(text: str) -> str:
    text = _BLANKS.sub(" ", text)
    if text[:1].isdigit() and text[-1:].isdigit():
        return text
    return _AFTER.sub(r"\1", _BEFORE.sub(r"\1", text))


def _signed(text: str) -> tuple[str, str]:
    """The sign, before or after the digits as SAP writes it or as accountants' parentheses, and the rest."""
    text = text.replace("\u2212", "-").replace("\u2019", "'").strip()
    if text.startswith("(") and text.endswith(")"):
        return "-", text[1:-1].strip()
    if text[:1] in ("-", "+"):
        return text[0], text[1:].strip()
    return ("-", text[:-1].strip()) if text.endswith("-") else ("", text)


def _number(body: str, decimal_sign: str, sign: str, power: int) -> Decimal | None:
    found = _BODIES[decimal_sign].fullmatch(body)
    if found is None:
        return None
    return Decimal(f"{sign}{found[1].translate(_GROUPS)}.{found[3] or ''}e{power}")


def read_number(cell: str | float | Decimal, decimal_sign: str, is_money: bool = False) -> Decimal:
    """The number, at most LARGEST. Raises ValueError with the reason."""
    if isinstance(cell, str):
        number = _from_text(cell, decimal_sign, is_money)
    else:
        number = cell if isinstance(cell, Decimal) else Decimal(_shortest(cell))
    if not number.is_finite():
        raise ValueError("is not a finite number")
    if number.copy_abs() >= LARGEST + 1:
        raise ValueError(f"is above {LARGEST:,}.999, the most that is kept")
    return number


def _shortest(number: float) -> str:
    """15 digits mean the number to a spreadsheet: 0.3, not 0.30000000000000004."""
    return min(repr(number), f"{number:.15g}", key=len) if isinstance(number, float) else str(number)


def _from_text(text: str, decimal_sign: str, is_money: bool) -> Decimal:
    read = readings(text, is_money)
    if decimal_sign in read:
        return read[decimal_sign]
    if _NOT_FINITE.fullmatch(text):
        raise ValueError("is not a finite number")
    if read:
        raise ValueError(f"is no number when the decimal sign is a {decimal_sign}")
    raise ValueError("is not a number")


def has_more_places(number: Decimal, places: int) -> bool:
    """Whether the number has more decimals than these, zeros at its end not counted."""
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -places:
        return False
    shifted = number.scaleb(places, _EXACT)
    return bool(shifted != shifted.to_integral_value(ROUND_HALF_EVEN, _EXACT))


def scaled(number: Decimal, places: int, may_round: bool) -> int:
    """Whole units of the last place; more places are rounded half to even, or raise ValueError.

    >>> scaled(Decimal("2186.66665"), 4, may_round=True)
    21866666
    """
    if not may_round and has_more_places(number, places):
        raise ValueError(f"has more than {places} decimals, which are kept exactly; round it in the source")
    return int(number.scaleb(places, _EXACT).to_integral_value(ROUND_HALF_EVEN, _EXACT))
