"""What the tests of what speaks SQL may spare: drawing the demo company again and again."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest

from data_access.demo.company import draw_company


@pytest.fixture(scope="session", autouse=True)
def drawn_once() -> Iterator[None]:
    """The company of a day is the same however often it is drawn, as test_demo.py proves: it is drawn once a day."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("data_access.demo.writing.draw_company", functools.cache(draw_company))
        yield
