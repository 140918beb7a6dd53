"""How often a test of random cases tries: a few times as a rule, many where BACKORDERS_TEST_LONG is set (make long).

The few are enough to catch a rule that is broken; the many look for what is rare. Both are the same in every run.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import settings

IS_LONG = bool(os.environ.get("BACKORDERS_TEST_LONG"))

_Test = TypeVar("_Test", bound=Callable[..., Any])


def tries(times: int, *, long: int, **more: Any) -> Callable[[_Test], _Test]:
    """Decorate a test of random cases with how many it tries; make long runs it again, with more of them.

    more: further settings of Hypothesis.
    """
    how = settings(deadline=None, derandomize=True, max_examples=long if IS_LONG else times, **more)
    return lambda test: pytest.mark.long(how(test))
