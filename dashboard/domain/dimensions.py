"""Names and other facts of customers, suppliers and SKUs for rows that hold only their ids. Loses no row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dashboard.domain.exact import Integers
from dashboard.domain.ids import coded

DEFAULT_TIER = 3
"""The tier of a customer of whom nothing is known."""


def text_of(ids: Any, keys: pd.Series, texts: pd.Series, otherwise: str | None = None) -> pd.Categorical:
    """The text that belongs to each id, as a category; the id itself, or `otherwise`, where the id is not a key."""
    codes, categories = coded(ids)
    known = pd.Series(texts.astype("object").to_numpy(), index=pd.Index(keys.astype("str")))
    found = known.reindex(categories).to_numpy(dtype=object)
    fallback = categories.to_numpy(dtype=object) if otherwise is None else otherwise
    return _recoded(codes, np.where(pd.isna(found), fallback, found))


def number_of(ids: Any, keys: pd.Series, numbers: pd.Series, otherwise: int) -> Integers:
    """The whole number that belongs to each id, or `otherwise` where the id is not a key."""
    codes, categories = coded(ids)
    known = pd.Series(numbers.to_numpy(), index=pd.Index(keys.astype("str")))
    return known.reindex(categories, fill_value=otherwise).to_numpy(dtype=np.int64)[codes]


def tiers(customer_ids: Any, customers: pd.DataFrame) -> Integers:
    """The tier of each customer id; DEFAULT_TIER where the customer is not known."""
    return number_of(customer_ids, customers["customer_id"], customers["tier"], DEFAULT_TIER)


def category(texts: Any) -> pd.Categorical:
    """A text column as a category; one that is a category already as it is."""
    codes, categories = coded(texts)
    return pd.Categorical.from_codes(codes, categories=categories)


def chosen(positions: Integers, texts: Any) -> pd.Categorical:
    """The text at each position, as a category; "" where the position is below zero."""
    codes, categories = coded(texts)
    chosen_codes = np.where(positions < 0, len(categories), np.append(codes, 0)[positions])
    return _recoded(chosen_codes, np.append(categories.to_numpy(dtype=object), ""))


def _recoded(codes: Integers, texts: Any) -> pd.Categorical:
    """A category from codes into texts, some of which may be equal."""
    code_of_text, distinct = pd.factorize(pd.Series(texts, dtype="str"))
    return pd.Categorical.from_codes(code_of_text[codes], categories=pd.Index(distinct))
