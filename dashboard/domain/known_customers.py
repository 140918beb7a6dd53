"""Every customer that can be asked for: with open lines or with nothing but a past. Knows no screen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dashboard.domain.dimensions import text_of, tiers
from dashboard.domain.ids import coded, natural_rank


def known_customers(customers: pd.DataFrame, lines: pd.DataFrame, at_risk: pd.DataFrame) -> pd.DataFrame:
    """Every customer: one row each, those at risk first, in their order, then by name and id.

    customer_id, customer_name [str; the id where it has no name]; tier. customers: as in the book; lines: of the order
    history, which may name customers that the book does not know; at_risk: as in customer_risk.
    """
    codes, texts = coded(lines["customer_id"])
    of_lines = texts[np.bincount(codes, minlength=len(texts)) > 0]
    ids = pd.Series(pd.unique(np.append(customers["customer_id"].astype("object"), of_lines)), dtype="str")
    names = pd.Series(text_of(ids, customers["customer_id"], customers["name"]), dtype="str")
    place = pd.Series(range(len(at_risk)), index=pd.Index(at_risk["customer_id"], dtype="str"))
    risk_rank = place.reindex(ids, fill_value=len(at_risk)).to_numpy()
    order = np.lexsort((natural_rank(ids), natural_rank(names.str.casefold()), risk_rank))
    known = pd.DataFrame({"customer_id": ids, "customer_name": names, "tier": tiers(ids, customers)})
    return known.iloc[order].reset_index(drop=True)
