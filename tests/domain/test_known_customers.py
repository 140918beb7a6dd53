from __future__ import annotations

import pandas as pd

from dashboard.domain.known_customers import known_customers

CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["C-1", "C-2", "C-3", "C-10", "C-9"],
        "name": ["Zeta", "beta", "Alpha", "Acme", "Acme"],
        "tier": [1, 2, 3, 1, 2],
    }
)
AT_RISK = pd.DataFrame({"customer_id": ["C-1", "C-3"]})


def test_those_at_risk_come_first_then_everybody_by_name_and_id_once() -> None:
    lines = pd.DataFrame({"customer_id": pd.Categorical(["C-3", "C-77"], categories=["C-3", "C-77", "NO-ROW"])})
    assert known_customers(CUSTOMERS, lines, AT_RISK).values.tolist() == [
        ["C-1", "Zeta", 1],
        ["C-3", "Alpha", 3],
        ["C-9", "Acme", 2],
        ["C-10", "Acme", 1],
        ["C-2", "beta", 2],
        ["C-77", "C-77", 3],
    ]


def test_without_any_order_the_customers_are_known_all_the_same() -> None:
    lines = pd.DataFrame({"customer_id": pd.Series([], dtype="category")})
    assert known_customers(CUSTOMERS, lines, AT_RISK[:0])["customer_id"].tolist() == [
        "C-9", "C-10", "C-3", "C-2", "C-1",
    ]  # fmt: skip
