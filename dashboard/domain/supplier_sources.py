"""Who sells which SKU: as listed, or as was ever ordered. Knows no screen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dashboard.domain.book import Book
from dashboard.domain.dimensions import text_of
from dashboard.domain.ids import natural_rank
from dashboard.domain.purchasing import Purchasing

_PAIR = ["sku", "supplier_id"]
_LISTED = {"rank": "source_rank", "lead_time_days": "source_lead_days"}
_RATED = ["supplier_name", "otif_rate", "otif_low", "otif_high", "lines_judged"]


def known_sources(book: Book, purchasing: Purchasing) -> pd.DataFrame:
    """Every supplier of every SKU: one row per pair that is listed or on any purchase-order line, listed ones first.

    sku, supplier_id [str].
    """
    lines = purchasing.po_lines
    sku, supplier = (lines[name].astype("category").cat for name in ("sku", "supplier_id"))
    pairs = pd.unique(sku.codes.to_numpy().astype(np.int64) * len(supplier.categories) + supplier.codes.to_numpy())
    sku_codes, supplier_codes = np.divmod(pairs, max(len(supplier.categories), 1))
    ordered = pd.DataFrame(
        {"sku": sku.categories[sku_codes], "supplier_id": supplier.categories[supplier_codes]}, dtype="str"
    )
    listed = book.item_suppliers[_PAIR].astype("str")
    return pd.concat([listed, ordered], ignore_index=True).drop_duplicates(ignore_index=True)


def sole_skus(sources: pd.DataFrame) -> pd.Series:
    """Of how many SKUs each supplier is the only known source, by supplier_id. sources: as in known_sources."""
    alone = sources[~sources["sku"].duplicated(keep=False)]
    return alone.groupby("supplier_id").size().rename("sole_skus")


def other_sources(book: Book, purchasing: Purchasing, statistics: pd.DataFrame, supplier_id: str) -> pd.DataFrame:
    """Who else sells what this supplier does: one row per SKU of it and source, by SKU, then rank; itself among them.

    A source is listed, or was ever ordered from. sku; item_name; supplier_id; supplier_name; source_rank [1 is the
    usual source, NaN where it is not listed]; source_lead_days [as agreed]; unit_cost [money]; last_ordered_date [of a
    purchase-order line of the SKU, NaT where none]; otif_rate, otif_low, otif_high [NaN where no data]; lines_judged;
    is_other [not this supplier]. statistics: as in supplier_statistics.
    """
    bought, listed = purchasing.po_lines, book.item_suppliers.rename(columns=_LISTED)
    own = pd.concat([each.loc[each["supplier_id"] == supplier_id, "sku"].astype("str") for each in (bought, listed)])
    ordered, listed = (
        each.loc[each["sku"].isin(own.unique()), names].astype(dict.fromkeys(_PAIR, "str"))
        for each, names in ((bought, [*_PAIR, "ordered_date"]), (listed, [*_PAIR, *_LISTED.values(), "unit_cost"]))
    )
    last = ordered.groupby(_PAIR)["ordered_date"].max().rename("last_ordered_date").reset_index()
    found = listed.merge(last, on=_PAIR, how="outer").join(
        statistics.set_index("supplier_id")[_RATED], on="supplier_id"
    )
    found = found.assign(
        item_name=text_of(found["sku"], book.items["sku"], book.items["name"]),
        supplier_name=found["supplier_name"].fillna(found["supplier_id"]),
        is_other=found["supplier_id"] != supplier_id,
    )
    by_rank = found["source_rank"].fillna(np.inf)
    order = np.lexsort((natural_rank(found["supplier_id"]), by_rank, natural_rank(found["sku"])))
    return found.iloc[order].reset_index(drop=True)
