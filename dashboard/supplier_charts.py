"""The charts of the page Suppliers: rates with their intervals, days late, months. Drawn from sums."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard.charts import ACCENT, LATE, QUIET
from dashboard.domain.suppliers import WORSE


def intervals(figures: pd.DataFrame) -> alt.LayerChart:
    """One row per supplier in the order given: its OTIF rate as a dot on its interval, n at the end."""
    drawn = figures[["supplier_name", "otif_rate", "otif_low", "otif_high", "lines_judged"]].assign(
        supplier_name=names_apart(figures), is_worse=figures["mark"] == WORSE,
        told=[f"n {n:,}" for n in figures["lines_judged"]],
    )  # fmt: skip
    axis = alt.Axis(format=".0%", tickCount=6, title=None)
    base = alt.Chart(drawn, height=alt.Step(24)).encode(
        y=alt.Y("supplier_name:N", sort=list(drawn["supplier_name"]), title=None, axis=alt.Axis(ticks=False)),
        color=alt.condition("datum.is_worse", alt.value(LATE), alt.value(ACCENT)),
        tooltip=[
            alt.Tooltip("supplier_name:N", title="Supplier"),
            alt.Tooltip("otif_rate:Q", title="OTIF", format=".0%"),
            alt.Tooltip("otif_low:Q", title="from", format=".0%"),
            alt.Tooltip("otif_high:Q", title="to", format=".0%"),
            alt.Tooltip("lines_judged:Q", title="n"),
        ],
    )
    low = alt.X("otif_low:Q", scale=alt.Scale(domain=[0, 1]), axis=axis)
    at_end = base.mark_text(align="left", dx=6).encode(
        x=alt.X("otif_high:Q", title=None), text="told:N", color=alt.value(QUIET)
    )
    return alt.layer(
        base.mark_bar(height=6, opacity=0.35).encode(x=low, x2="otif_high:Q"),
        base.mark_point(filled=True, size=80, opacity=1).encode(x=alt.X("otif_rate:Q", title=None)),
        at_end,
    )


def names_apart(figures: pd.DataFrame) -> pd.Series:
    """The suppliers' names, with the id behind a name that several bear: "Acme (S-1)"."""
    names, ids = figures["supplier_name"].astype("str"), figures["supplier_id"].astype("str")
    return names.where(~names.duplicated(keep=False), names + " (" + ids + ")")


def days_late(counts: pd.DataFrame) -> alt.Chart:
    """Lines by days late: red is late, hollow has not come yet."""
    drawn = counts.assign(is_late=counts["days_late"] > 0)
    return (
        alt.Chart(drawn, height=200)
        .mark_bar()
        .encode(
            x=alt.X("days_late:Q", bin=alt.Bin(maxbins=60, minstep=1), title="days after the first due date"),
            y=alt.Y("sum(lines):Q", title=None, axis=alt.Axis(tickMinStep=1)),
            color=alt.condition("datum.is_late", alt.value(LATE), alt.value(ACCENT)),
            opacity=alt.condition("datum.is_received", alt.value(1), alt.value(0.4)),
            detail=["is_late:N", "is_received:N"],
            tooltip=[
                alt.Tooltip("days_late:Q", bin=alt.Bin(maxbins=60, minstep=1), title="Days late"),
                alt.Tooltip("sum(lines):Q", title="Lines"),
                alt.Tooltip("is_received:N", title="Received"),
            ],
        )
    )


def months(by_month: pd.DataFrame) -> alt.LayerChart:
    """OTIF of each month with the lines it is made of."""
    drawn = by_month.assign(told=[f"{n}" for n in by_month["lines_judged"]], top=1.06)
    base = alt.Chart(drawn, height=200).encode(x=alt.X("month:N", title=None, axis=alt.Axis(labelAngle=-45)))
    y = alt.Y(
        "otif_rate:Q", scale=alt.Scale(domain=[0, 1.1]), axis=alt.Axis(format=".0%", values=[0, 0.5, 1], title=None)
    )
    tooltip = [
        "month:N",
        alt.Tooltip("otif_rate:Q", title="OTIF", format=".0%"),
        alt.Tooltip("lines_judged:Q", title="n"),
    ]
    return alt.layer(
        base.mark_line(color=ACCENT).encode(y=y),
        base.mark_point(color=ACCENT, filled=True, size=60, opacity=1).encode(y=y, tooltip=tooltip),
        base.mark_text(color=QUIET).encode(y=alt.Y("top:Q", title=None), text="told:N"),
    )
