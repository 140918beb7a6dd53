"""Suppliers: who can be relied on, how sure we are, whether it gets better, and what rests on them."""

from __future__ import annotations

import streamlit as st

from dashboard import loading, messages, people, problem_lists, supplier_views
from dashboard.domain.supplier_lines import supplier_lines
from dashboard.domain.supplier_sources import other_sources

people.require("viewer")
plan = loading.plan()
purchasing = loading.purchasing()
if purchasing.suppliers.empty:
    messages.headline("No supplier is known.")
    st.info("Bring in suppliers, purchase-order lines and receipts, or the demo company: all on the page Data.")
    st.page_link(problem_lists.DATA_PAGE, label="Go to Data")
    st.stop()

opening = st.container()
asking = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
with asking:
    days = supplier_views.ask_window()
figures, open_lines = supplier_views.told_apart(loading.supplier_figures(days)), loading.open_po_lines()
with asking:
    chosen = supplier_views.ask_supplier(figures)
if chosen is None:
    with opening:
        messages.headline(supplier_views.sentence(figures, open_lines), supplier_views.by_chance(figures))
    supplier_views.show_everybody(figures, open_lines, plan)
else:
    row = figures[figures["supplier_id"] == chosen].iloc[0]
    its_open_lines = open_lines[open_lines["supplier_id"] == chosen]
    with opening:
        messages.headline(supplier_views.own_sentence(row, its_open_lines, days))
    supplier_views.name_chosen(row)
    supplier_views.show_folded(figures, chosen)
    supplier_views.show_supplier(
        row,
        supplier_lines(purchasing, plan.book.today, days, chosen),
        its_open_lines,
        plan,
        other_sources(plan.book, purchasing, figures, chosen),
        days,
    )
problem_lists.show_note("rates", "supply")
