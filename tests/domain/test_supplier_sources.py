"""Who sells which SKU, by lists and by purchase orders."""

from __future__ import annotations

import pandas as pd

from dashboard.domain.supplier_sources import known_sources, other_sources, sole_skus
from dashboard.domain.suppliers import supplier_statistics
from tests.books import book_of
from tests.conftest import TODAY
from tests.purchases import bought, bought_line

BOOK = book_of(
    item_suppliers=[("HOSE", "S-1", 1), ("PUMP", "S-2", 1)], suppliers=[("S-1", "Northgate"), ("S-2", "Quillford")]
)
PURCHASING = bought(
    [
        bought_line("A", "S-2", sku="HOSE", ordered="2026-01-05"),
        bought_line("B", "S-2", sku="HOSE", ordered="2026-02-05"),
        bought_line("C", "S-1", sku="HOSE", ordered="2025-12-05"),
        bought_line("D", "S-3", sku="BOLT", ordered="2026-01-07"),
        bought_line("E", "S-1", sku="VALVE", ordered=""),
    ],
    [("S-1", "Northgate"), ("S-2", "Quillford"), ("S-3", "Idle")],
)


def test_a_supplier_that_was_ever_ordered_from_is_a_source_whether_or_not_it_is_listed() -> None:
    statistics = supplier_statistics(PURCHASING, TODAY)
    found = other_sources(BOOK, PURCHASING, statistics, "S-1")
    columns = ["sku", "supplier_name", "source_rank", "last_ordered_date", "is_other"]
    assert found[columns].astype("object").where(found[columns].notna(), None).values.tolist() == [
        ["HOSE", "Northgate", 1, pd.Timestamp("2025-12-05"), False],
        ["HOSE", "Quillford", None, pd.Timestamp("2026-02-05"), True],
        ["VALVE", "Northgate", None, None, False],
    ]


def test_one_who_alone_is_listed_is_no_sole_source_where_another_was_ordered_from() -> None:
    sources = known_sources(BOOK, PURCHASING)
    assert sorted(sources.itertuples(index=False, name=None)) == [
        ("BOLT", "S-3"), ("HOSE", "S-1"), ("HOSE", "S-2"), ("PUMP", "S-2"), ("VALVE", "S-1"),
    ]  # fmt: skip
    assert sole_skus(sources).to_dict() == {"S-1": 1, "S-2": 1, "S-3": 1}


def test_without_any_list_or_purchase_order_nobody_is_known_to_sell_anything() -> None:
    nothing = bought([], [("S-1", "Northgate")])
    assert known_sources(book_of(), nothing).empty
    assert other_sources(book_of(), nothing, supplier_statistics(nothing, TODAY), "S-1").empty
