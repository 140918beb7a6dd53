"""Which of the open order lines a page shows: asked once, kept in the address, told in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import loading
from dashboard.domain.backlog import STATES
from dashboard.domain.ids import coded
from dashboard.domain.overview import age_labels, bucket_ages, bucket_promises, promise_labels
from dashboard.domain.plan import Plan
from dashboard.messages import money, plain

Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]
Searched = dict[str, tuple[npt.NDArray[np.int32], pd.Series]]
"""What a search looks through, by column: the code of each row, and each distinct text once, in lower case."""

BACKORDERED_STATES = tuple(state for state in STATES if state != "ready")
SORTS: dict[str, tuple[tuple[str, bool], ...]] = {
    "Most money first": (("backordered_value", True), ("open_value", True)),
    "Most days late first": (("days_late", True), ("backordered_value", True)),
    "Longest past promise first": (("days_past_promise", True), ("backordered_value", True)),
    "Oldest first": (("age_days", True), ("backordered_value", True)),
    "Earliest promise first": (("promise_date", False), ("backordered_value", True)),
    "Earliest expected first": (("expected_date", False), ("backordered_value", True)),
}
"""By name: the columns to sort by, and whether the largest comes first."""
SEARCHED = ("order_id", "customer_id", "customer_name", "sku", "item_name")


_DEFAULTS: dict[str, object] = {
    "q": "", "state": BACKORDERED_STATES, "customer": (), "supplier": (), "sort": next(iter(SORTS)),
    "tier": (), "category": (), "location": (), "age": (), "past": (), "value": 0.0,
}  # fmt: skip
"""What each filter is without being asked, by its name in the address."""


@dataclass(frozen=True)
class Filters:
    """What was asked for; an empty part narrows nothing."""

    search: str = ""
    states: Sequence[str] = ()
    customers: Sequence[str] = ()
    tiers: Sequence[int] = ()
    suppliers: Sequence[str] = ()
    categories: Sequence[str] = ()
    locations: Sequence[str] = ()
    ages: Sequence[str] = ()
    past_promise: Sequence[str] = ()
    least_value: float = 0.0
    sort: str = next(iter(SORTS))


def ask(backlog: pd.DataFrame, buckets: Sequence[int]) -> Filters:
    """Draw the filters, their values kept in the address, and return what was asked for."""
    with st.container():  # whose place stays the same: what follows keeps its own when the notice goes
        _show_unknown()
    states = st.pills(
        "State", STATES, selection_mode="multi", default=list(BACKORDERED_STATES), key="state", bind="query-params",
        help="All but “ready” are backordered. With none chosen, every state is shown.",
    )  # fmt: skip
    row = st.grid(5, min_column_width=180, gap="small", vertical_alignment="bottom")
    search = row.text_input(
        "Search", key="q", placeholder="Order, customer, SKU", bind="query-params", type="search",
        help="Finds any part of an order, customer or SKU, its number or its name.",
    )  # fmt: skip
    customers = choose_ids(row, "Customer", "customer", choices_of("backlog", backlog, "customer"))
    suppliers = choose_ids(row, "Supplier", "supplier", choices_of("backlog", backlog, "supplier"))
    sort = row.selectbox("Sort", list(SORTS), key="sort", bind="query-params")
    with row.popover("More filters", width="stretch"):
        further = _ask_further(backlog, buckets)
        st.button("Clear all filters", on_click=clear, width="stretch")
    return Filters(search or "", states, customers, suppliers=suppliers, sort=sort, **further)


def narrow_present(plan: Plan, filters: Filters) -> Positions:
    """The rows of the present backlog that were asked for, as in narrow; order and texts are made once for all."""
    backlog = plan.backlog
    order = loading.once("order of the backlog", lambda: in_order(backlog, filters.sort), filters.sort, is_large=True)
    texts = searched_present("backlog", backlog, SEARCHED) if filters.search.strip() else None
    return narrow(backlog, filters, loading.age_buckets(), order, texts)


def narrow(
    backlog: pd.DataFrame,
    filters: Filters,
    buckets: Sequence[int],
    order: Positions | None = None,
    texts: Searched | None = None,
) -> Positions:
    """The rows of the backlog that were asked for, in the order that was asked for: positions, first to show first.

    order, texts: what in_order and searched bring, where that is known already.
    """
    keep = np.ones(len(backlog), dtype=bool)
    for name, values in (
        ("state", filters.states),
        ("customer_id", filters.customers),
        ("supplier_id", filters.suppliers),
        ("tier", filters.tiers),
        ("category", filters.categories),
        ("location_id", filters.locations),
    ):
        if values:
            keep &= backlog[name].isin(values).to_numpy()
    if filters.ages:
        keep &= bucket_ages(backlog, buckets).isin(filters.ages).to_numpy()
    if filters.past_promise:
        keep &= bucket_promises(backlog, buckets).isin(filters.past_promise).to_numpy()
    if filters.least_value:
        keep &= backlog["backordered_value"].to_numpy() >= filters.least_value
    if filters.search.strip():
        keep &= found(filters.search, searched(backlog, SEARCHED) if texts is None else texts)
    rows = in_order(backlog, filters.sort) if order is None else order
    return rows[keep[rows]]


def searched(frame: pd.DataFrame, columns: Sequence[str]) -> Searched:
    """What a search looks through in these columns."""
    by_column = {name: coded(frame[name]) for name in columns}
    return {
        name: (codes.astype(np.int32), pd.Series(texts.array).str.casefold())
        for name, (codes, texts) in by_column.items()
    }


def searched_present(where: str, frame: pd.DataFrame, columns: Sequence[str]) -> Searched:
    """What `searched` brings of a frame of the present data, made once for all. where: its name."""
    return loading.once("searched texts", lambda: searched(frame, columns), where, is_large=True)


def found(search: str, texts: Searched) -> Mask:
    """Rows in which any of the searched columns holds the words, whatever their case."""
    wanted = search.strip().casefold()
    hits = ((codes, distinct.str.contains(wanted, regex=False)) for codes, distinct in texts.values())
    return np.logical_or.reduce([np.append(hit.to_numpy(dtype=bool), False)[codes] for codes, hit in hits])


def in_order(backlog: pd.DataFrame, sort: str) -> Positions:
    """All rows in an order of SORTS: positions. What has no value comes last, ties stay as they are."""
    keys = []
    for name, descends in SORTS[sort]:
        column = backlog[name]
        missing = column.isna().to_numpy()
        numbers = column.to_numpy()
        numbers = numbers.astype("int64") if numbers.dtype.kind == "M" else numbers
        keys += [missing, np.where(missing, 0, -numbers if descends else numbers)]
    return np.lexsort([key for pair in reversed(list(zip(keys[::2], keys[1::2], strict=True))) for key in pair[::-1]])


def hidden_in_words(filters: Filters) -> str:
    """The filters behind "More filters" that are in use, "tier 1; age 46+", so that none narrows unseen."""
    used = {
        "tier": filters.tiers,
        "category": filters.categories,
        "location": filters.locations,
        "age": filters.ages,
        "past the promise": filters.past_promise,
    }
    told = [f"{name} {', '.join(str(value) for value in values)}" for name, values in used.items() if values]
    return "; ".join([*told, *([f"at least {money(filters.least_value)}"] if filters.least_value else [])])


def clear() -> None:
    """Set every filter back, in the address too."""
    for key, value in _DEFAULTS.items():
        st.session_state[key] = list(value) if isinstance(value, tuple) else value


def _show_unknown() -> None:
    """Say which choices of the address there are none of, which Streamlit takes out of it as it draws the filters."""
    unknown = [
        f"{name} “{plain(value)}”"
        for name, options in (("state", STATES), ("sort", SORTS))
        for value in st.query_params.get_all(name)
        if value and value not in options
    ]
    if unknown:
        st.info(f"Not known here: {', '.join(unknown)}. The other filters of the address count.")


def _ask_further(backlog: pd.DataFrame, buckets: Sequence[int]) -> dict[str, object]:
    here = st.container()
    tiers = [str(tier) for tier in sorted(backlog["tier"].unique().tolist())]
    return {
        "tiers": [int(tier) for tier in choose(here, "Customer tier", "tier", tiers) if tier.isdecimal()],
        "categories": choose(here, "Category", "category", _values(backlog["category"])),
        "locations": choose(here, "Location", "location", _values(backlog["location_id"])),
        "ages": choose(here, "Age, days since the order", "age", age_labels(buckets)),
        "past_promise": choose(here, "Days past the promise", "past", promise_labels(buckets)),
        "least_value": here.number_input(
            "Backordered value at least", min_value=0.0, step=100.0, format="%.0f", key="value", bind="query-params"
        ),
    }


def choose(where: DeltaGenerator, label: str, key: str, options: list[str]) -> list[str]:
    """Ask for some of the options. What a link asks for stays asked for, also where the data no longer has it."""
    asked = [*st.query_params.get_all(key), *st.session_state.get(key, [])]
    gone = [value for value in dict.fromkeys(asked) if value and value not in options]
    return where.multiselect(
        label, [*options, *gone], key=key, bind="query-params", placeholder="All", filter_mode="contains"
    )


def choose_ids(where: DeltaGenerator, label: str, key: str, ids: dict[str, str]) -> list[str]:
    """Ask for some of the ids by their `choices`, and return the ids."""
    _name_asked(key, ids)
    return [ids.get(chosen) or id_in(chosen) for chosen in choose(where, label, key, sorted(ids))]


def _name_asked(key: str, ids: dict[str, str]) -> None:
    """Write the ids that a link asks for with their names, as they are offered, from the second run on."""
    labels = {each: label for label, each in ids.items()}
    asked = st.session_state.get(key, [])
    named = [labels.get(each, each) for each in asked]
    if named != asked:
        st.session_state[key] = named


def id_in(label: str) -> str:
    """The id of a label that is no longer current: somebody may have been given another name since."""
    return label[label.rfind("(") + 1 :].removesuffix(")")


def _values(column: pd.Series) -> list[str]:
    return sorted(value for value in column.unique() if value)


def choices_of(where: str, frame: pd.DataFrame, who: str) -> dict[str, str]:
    """The choices of a frame of the present data, made once for all. where: its name; who: as in supplier_id."""
    return loading.once("choices", lambda: choices(frame, f"{who}_id", f"{who}_name"), where, who)


def choices(backlog: pd.DataFrame, number: str, name: str) -> dict[str, str]:
    """Ids by what a person recognises: the name with its number behind, "Brightwater Retail (C-1001)"."""
    once = backlog[[number, name]][~backlog[number].duplicated()]
    return {
        f"{title} ({each})" if title != each else str(each): str(each)
        for each, title in zip(once[number], once[name], strict=True)
        if each
    }
