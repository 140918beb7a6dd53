"""A frame comes back from its pieces exactly, and what did not change is the same bytes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_access.frames import from_pieces, from_some, some_columns, to_pieces
from tests.random_cases import tries

ROOT = Path(__file__).resolve().parents[2]

thoroughly = tries(40, long=150)

WORDS = st.sampled_from(["", " ", "0042", "42", "SO-10", "Ünïcödé ✓ 漢字", "a\tb\nc", "\x00", "none", "NaN"])
FLOATS = st.one_of(
    st.sampled_from([0.0, -0.0, 0.1, 0.001, 1 / 3, 2.5, 1e300, 5e-324, 123_456_789.125, float("nan"), float("inf")]),
    st.integers(-(10**15), 10**15).map(lambda thousandths: thousandths / 1_000),
    st.floats(width=64),
)
INTEGERS = st.one_of(st.sampled_from([0, -1, 1, 2**53 + 1, -(2**63), 2**63 - 1]), st.integers(-(2**63), 2**63 - 1))
DAYS = st.one_of(
    st.just(np.datetime64("NaT", "D")), st.integers(-719_162, 2_932_896).map(lambda n: np.datetime64(n, "D"))
)
INSTANTS = st.one_of(
    st.just(np.datetime64("NaT", "us")), st.integers(-(2**55), 2**55).map(lambda n: np.datetime64(n, "us"))
)


@st.composite
def coded(draw: st.DrawFn, rows: int) -> pd.Categorical:
    """A category in any order of its texts, with some that no row has, and rows without one."""
    texts = draw(st.lists(WORDS, unique=True, max_size=6))
    codes = draw(st.lists(st.integers(-1, len(texts) - 1), min_size=rows, max_size=rows))
    dtype = pd.CategoricalDtype(pd.Index(texts, dtype="str"), ordered=draw(st.booleans()))
    return pd.Categorical.from_codes(codes, dtype=dtype)


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(0, 12))

    def some(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=rows, max_size=rows))

    return pd.DataFrame(
        {
            "category": draw(coded(rows)),
            "text": pd.Series(some(st.one_of(WORDS, st.none())), dtype="str"),
            "number": np.array(some(FLOATS), dtype=np.float64),
            "integer": np.array(some(INTEGERS), dtype=np.int64),
            "flag": np.array(some(st.booleans()), dtype=bool),
            "day": np.array(some(DAYS), dtype="datetime64[s]"),
            "instant": np.array(some(INSTANTS), dtype="datetime64[us]"),
            "thing": pd.Series(some(st.sampled_from([None, "x", 1, 2.5, True, ["a", "b"]])), dtype="object"),
        }
    )


def assert_exactly(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """The same to the bit: names, kinds, categories with their order, missing values, the sign of a zero, rows."""
    assert found.columns.tolist() == expected.columns.tolist()
    assert found.index.equals(expected.index)
    for name in expected:
        one, other = found[name], expected[name]
        assert one.dtype == other.dtype, name
        if isinstance(other.dtype, pd.CategoricalDtype):
            assert one.cat.categories.tolist() == other.cat.categories.tolist(), name
            assert one.cat.categories.dtype == other.cat.categories.dtype, name
            assert one.cat.codes.tolist() == other.cat.codes.tolist(), name
        elif other.dtype == "float64":
            missing = other.isna().to_numpy()
            assert one.isna().tolist() == missing.tolist(), name
            assert (one.to_numpy().view(np.int64) == other.to_numpy().view(np.int64))[~missing].all(), name
        else:
            pd.testing.assert_series_equal(one, other)


@thoroughly
@given(frames(), st.integers(1, 5), st.sampled_from([(), ("category",), ("text", "integer"), ("day",), ("number",)]))
def test_a_frame_comes_back_exactly_however_it_is_cut(frame: pd.DataFrame, rows: int, key: tuple[str, ...]) -> None:
    assert_exactly(from_pieces(to_pieces(frame, key, rows)), frame)


@thoroughly
@given(frames(), st.lists(st.sampled_from(["category", "text", "integer", "day"]), unique=True, min_size=1))
def test_some_columns_come_back_without_the_others(frame: pd.DataFrame, names: list[str]) -> None:
    head, *pieces = to_pieces(frame, ("integer",), 3)
    wanted = {number: pieces[number - 1] for number in some_columns(head, names)}
    assert_exactly(from_some(head, wanted, names), frame[names])


def orders(numbers: range) -> pd.DataFrame:
    ids = [f"SO-{number}" for number in numbers]
    return pd.DataFrame(
        {
            "order_id": pd.Categorical(ids, categories=pd.Index(ids, dtype="str")),
            "customer_id": pd.Series([f"C-{number % 7}" for number in numbers], dtype="str"),
            "shipped_qty": np.array([number % 11 for number in numbers], dtype=np.float64),
            "place": np.array(numbers, dtype=np.int64) - numbers.start,
        }
    )


def digest() -> str:
    return hashlib.sha256(b"".join(to_pieces(orders(range(300)), ("order_id", "customer_id"), 20))).hexdigest()


def new_pieces(before: pd.DataFrame, after: pd.DataFrame) -> int:
    """How many pieces of the one are not among those of the other, the head left out."""
    return len({*to_pieces(after, ("order_id",), 50)[1:]} - {*to_pieces(before, ("order_id",), 50)})


def test_a_frame_that_did_not_change_is_the_same_bytes() -> None:
    assert to_pieces(orders(range(2_000)), ("order_id",), 50) == to_pieces(orders(range(2_000)), ("order_id",), 50)


def test_rows_that_go_at_the_front_and_come_at_the_end_change_a_piece_of_each_column_there_and_no_other() -> None:
    assert len(to_pieces(orders(range(2_000)), ("order_id",), 50)) > 100
    assert new_pieces(orders(range(2_000)), orders(range(25, 2_010))) <= 2 * 4


def test_a_value_that_changes_changes_a_piece_of_its_own_column_alone() -> None:
    before, after = orders(range(2_000)), orders(range(2_000))
    after.loc[777, "shipped_qty"] = 9_999.5
    assert new_pieces(before, after) == 1


def test_the_pieces_are_the_same_in_every_process() -> None:
    """Python's own hash of a text differs from process to process; with it nothing would be kept once."""
    words = "from tests.data_access.test_frames import digest; print(digest())"
    ran = subprocess.run([sys.executable, "-c", words], cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "7"},
                         capture_output=True, text=True, check=True)  # fmt: skip
    assert ran.stdout.strip() == digest()


@pytest.mark.parametrize(
    ("column", "complaint"),
    [
        (pd.Series([1 + 2j]), "The column odd is of the kind complex128, which is not kept."),
        (pd.Series(pd.Categorical([1, 2])), "The column odd has categories of the kind int64, which are not kept."),
    ],
)
def test_a_column_that_could_not_come_back_is_refused(column: pd.Series, complaint: str) -> None:
    with pytest.raises(TypeError) as refused:
        to_pieces(pd.DataFrame({"odd": column}), ())
    assert str(refused.value) == complaint


def test_rows_with_an_index_of_their_own_are_refused() -> None:
    with pytest.raises(TypeError, match="numbered from 0"):
        to_pieces(orders(range(5)).iloc[2:], ())
