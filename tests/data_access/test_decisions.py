"""Decisions against a real store: what is written, what is refused, and that nothing is lost."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, delete, func, insert, select, update

from dashboard.domain.decided import (
    CUSTOMER,
    DONE,
    DROPPED,
    LINK_KINDS,
    OPEN,
    ORDER_LINE,
    Draft,
    Figures,
    Link,
    figures_then,
    link_of,
)
from dashboard.domain.errors import ConflictError, RefusedChangeError, StoreError
from data_access import schema
from data_access.decisions import add_decision, change_decision, decision_history, decisions, decisions_mark
from data_access.engine import data_revision, raise_revision, reading, writing

TODAY = date(2026, 3, 16)
NEXT = date(2026, 3, 23)
AT, LATER = datetime(2026, 3, 16, 9, 30), datetime(2026, 3, 16, 9, 45)
LINE = Link(ORDER_LINE, "SO-1", "1")
FIGURES = Figures(lines=3, late_lines=2, days_late=21, backordered_value=1234.5678, without_date=1)


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """One of each thing that a decision can be linked to."""
    of_line = {"order_id": "SO-1", "line_no": "1", "customer_id": "C-1", "sku": "VALVE", "ordered_date": TODAY}
    of_po = {"po_id": "PO-1", "line_no": "10", "supplier_id": "S-1", "sku": "VALVE"}
    with writing(engine) as connection:
        connection.execute(insert(schema.customers).values(customer_id="C-1", name="Old Mill"))
        connection.execute(insert(schema.suppliers).values(supplier_id="S-1", name="Kessler"))
        connection.execute(insert(schema.items).values(sku="VALVE", name="Valve"))
        connection.execute(insert(schema.order_lines).values(**of_line))
        connection.execute(insert(schema.po_lines).values(**of_po))
    return engine


def decide(engine: Engine, text: str = "Call Kessler", figures: Figures | None = None, **others: object) -> int:
    draft = Draft(**{"text": text, "owner": "bo", "due_date": NEXT, **others})  # type: ignore[arg-type]
    return add_decision(engine, draft, figures, by="ada", at=AT, today=TODAY)


def change(engine: Engine, decision_id: int, version: int = 1, by: str = "cy", **others: object) -> None:
    change_decision(engine, decision_id, version, by=by, at=LATER, today=TODAY, **others)  # type: ignore[arg-type]


def told(engine: Engine, decision_id: int) -> list[tuple[object, ...]]:
    """The ledger of a decision: what, from, to, note, who, when."""
    return list(decision_history(engine, decision_id).drop(columns="change_id").itertuples(index=False, name=None))


def everything(engine: Engine) -> tuple[object, ...]:
    """All that a write could change."""
    with reading(engine) as connection:
        return (
            data_revision(connection),
            connection.execute(select(schema.decisions).order_by(schema.decisions.c.decision_id)).all(),
            connection.execute(select(func.count()).select_from(schema.decision_changes)).scalar_one(),
        )


def test_a_decision_is_kept_with_the_figures_of_the_day(filled: Engine) -> None:
    decision_id = decide(filled, "  Call Kessler ", FIGURES, expected="A date by Friday", link=LINE)
    kept = decisions(filled).iloc[0]
    assert kept[["decision_id", "version", "text", "owner", "state", "expected", "times_carried"]].tolist() == [
        decision_id, 1, "Call Kessler", "bo", OPEN, "A date by Friday", 0,
    ]  # fmt: skip
    assert (kept["due_date"], kept["decided_date"]) == (pd.Timestamp(NEXT), pd.Timestamp(TODAY))
    assert (kept["decided_by"], kept["decided_at"]) == ("ada", pd.Timestamp(AT))
    assert (kept["changed_by"], kept["note"], pd.isna(kept["changed_at"])) == ("", "", True)
    assert link_of(kept) == LINE
    assert figures_then(kept) == FIGURES
    assert told(filled, decision_id) == [
        ("text", "", "Call Kessler", "", "ada", pd.Timestamp(AT)),
        ("owner", "", "bo", "", "ada", pd.Timestamp(AT)),
        ("due_date", "", "2026-03-23", "", "ada", pd.Timestamp(AT)),
        ("state", "", "open", "", "ada", pd.Timestamp(AT)),
        ("expected", "", "A date by Friday", "", "ada", pd.Timestamp(AT)),
        ("link", "", "order line SO-1/1", "", "ada", pd.Timestamp(AT)),
    ]


def test_a_decision_may_stand_alone_and_without_a_day(filled: Engine) -> None:
    decide(filled, due_date=None)
    kept = decisions(filled).iloc[0]
    assert (link_of(kept), figures_then(kept), pd.isna(kept["due_date"])) == (Link(), None, True)


@pytest.mark.parametrize("link", [LINE, *(Link(kind, number, line) for kind, number, line in (
    ("order", "SO-1", ""), ("customer", "C-1", ""), ("supplier", "S-1", ""), ("purchase-order line", "PO-1", "10"),
    ("SKU", "VALVE", ""),
))], ids=lambda link: link.kind)  # fmt: skip
def test_it_can_be_about_anything_that_the_store_holds(filled: Engine, link: Link) -> None:
    decide(filled, link=link)
    assert link_of(decisions(filled).iloc[0]) == link


@pytest.mark.parametrize("kind", LINK_KINDS)
def test_nothing_is_written_of_what_the_store_does_not_hold(filled: Engine, kind: str) -> None:
    before = everything(filled)
    number = "gone/1" if "line" in kind else "gone"
    with pytest.raises(RefusedChangeError) as refused:
        decide(filled, link=Link(kind, "gone", "1" if "line" in kind else ""))
    assert str(refused.value) == (
        f"Nothing was saved: the decision is about {kind} {number}, which is not in the store: check the number."
    )
    assert everything(filled) == before


@pytest.mark.parametrize(
    "broken",
    [
        {"text": " "},
        {"text": "Call\x00"},
        {"owner": ""},
        {"owner": "b\x07o"},
        {"expected": "a\x1bdate"},
        {"due_date": date(2026, 3, 15)},
        {"link": Link(CUSTOMER)},
    ],
)
def test_nothing_is_written_where_a_rule_is_broken(filled: Engine, broken: dict[str, object]) -> None:
    before = everything(filled)
    with pytest.raises(RefusedChangeError):
        decide(filled, **broken)  # type: ignore[arg-type]
    assert everything(filled) == before


def test_every_write_raises_the_revision_and_is_told_by_the_ledger(filled: Engine) -> None:
    def revisions() -> tuple[int, ...]:
        with reading(filled) as connection:
            return tuple(connection.execute(select(schema.store.c.data_revision, schema.store.c.facts_revision)).one())

    data, facts = revisions()
    decision_id = decide(filled)
    assert revisions() == (data + 1, facts)
    change(filled, decision_id, state=DONE)
    assert revisions() == (data + 2, facts)


def test_a_decision_is_settled_with_who_when_and_a_note(filled: Engine) -> None:
    decision_id = decide(filled)
    change(filled, decision_id, state=DONE, note=" Came on Friday ")
    kept = decisions(filled).iloc[0]
    assert (kept["state"], kept["version"], kept["note"]) == (DONE, 2, "Came on Friday")
    assert (kept["changed_by"], kept["changed_at"]) == ("cy", pd.Timestamp(LATER))
    assert told(filled, decision_id)[-1] == (
        "state", "open", "done", "Came on Friday", "cy", pd.Timestamp(LATER),
    )  # fmt: skip


def test_what_was_settled_can_be_opened_again(filled: Engine) -> None:
    decision_id = decide(filled)
    change(filled, decision_id, state=DROPPED)
    change(filled, decision_id, 2, state=OPEN)
    kept = decisions(filled)
    assert kept["state"].tolist() == [OPEN]
    assert kept["settled_at"].isna().all()


def test_when_it_was_settled_stays_whatever_is_written_to_it_afterwards(filled: Engine) -> None:
    still_open, settled = decide(filled, "open"), decide(filled, "settled")
    change(filled, settled, state=DONE)
    afterwards = datetime(2026, 3, 20, 8)
    for decision_id, version in ((still_open, 1), (settled, 2)):
        change_decision(filled, decision_id, version, note="Later", by="dee", at=afterwards, today=TODAY)
    kept = decisions(filled).set_index("text")
    assert kept.loc["settled", "settled_at"] == pd.Timestamp(LATER)
    assert kept.loc["settled", "changed_at"] == pd.Timestamp(afterwards)
    assert pd.isna(kept.loc["open", "settled_at"])


def test_only_what_is_another_is_noted(filled: Engine) -> None:
    decision_id = decide(filled)
    rows = len(told(filled, decision_id))
    change(filled, decision_id, text="Call Kessler", owner="dee", due_date=None, expected="Their word")
    stamp = ("", "cy", pd.Timestamp(LATER))
    assert told(filled, decision_id)[rows:] == [
        ("owner", "bo", "dee", *stamp),
        ("expected", "", "Their word", *stamp),
        ("due_date", "2026-03-23", "", *stamp),
    ]


def test_a_note_alone_is_kept_too(filled: Engine) -> None:
    decision_id = decide(filled)
    change(filled, decision_id, note="They call back")
    assert told(filled, decision_id)[-1] == ("note", "", "", "They call back", "cy", pd.Timestamp(LATER))
    assert decisions(filled)[["note", "version"]].to_numpy().tolist() == [["They call back", 2]]


def test_the_mark_tells_every_change_of_a_decision_and_every_import_but_no_move(filled: Engine) -> None:
    marks = [decisions_mark(filled)]
    decision_id = decide(filled)
    marks.append(decisions_mark(filled))
    change(filled, decision_id, note="They call back")
    marks.append(decisions_mark(filled))
    change(filled, decision_id, 2, owner="dee")
    marks.append(decisions_mark(filled))
    assert len(set(marks)) == 4

    with writing(filled) as connection:
        raise_revision(connection, is_told=True)
    assert decisions_mark(filled) == marks[-1]
    with writing(filled) as connection:
        raise_revision(connection)
    assert decisions_mark(filled) not in marks


@pytest.mark.sqlite_alone("only a store in a file can be put back as a file")
def test_the_mark_is_another_where_a_copy_was_put_back_and_went_on_from_there(filled: Engine, tmp_path: Path) -> None:
    file, marks = Path(filled.url.database or ""), []
    decision_id = decide(filled)
    shutil.copy(file, tmp_path / "copy.db")
    for at in (LATER, LATER + timedelta(hours=1)):
        shutil.copy(tmp_path / "copy.db", file)
        change_decision(filled, decision_id, 1, owner="dee", by="cy", at=at, today=TODAY)
        marks.append(decisions_mark(filled))
    assert marks[0] != marks[1]


def test_each_decision_has_its_own_last_note_and_its_own_count(filled: Engine) -> None:
    first, second, third = (decide(filled, text) for text in ("first", "second", "third"))
    change(filled, first, note="Of the first", due_date=date(2026, 3, 30))
    change(filled, second, note="Of the second")
    change(filled, second, 2, owner="dee")
    kept = decisions(filled).set_index("decision_id").loc[[first, second, third]]
    assert kept[["note", "times_carried"]].to_numpy().tolist() == [["Of the first", 1], ["Of the second", 0], ["", 0]]


def test_a_change_that_changes_nothing_writes_nothing(filled: Engine) -> None:
    decision_id = decide(filled)
    before = everything(filled)
    change(filled, decision_id, state=OPEN, text=" Call Kessler", due_date=NEXT)
    assert everything(filled) == before


def test_each_day_that_it_was_put_off_counts_and_one_brought_forward_does_not(filled: Engine) -> None:
    decision_id = decide(filled)
    for version, day in enumerate(["2026-03-30", "2026-03-20", None, "2026-04-06", "2026-04-13"], start=1):
        change(filled, decision_id, version, due_date=None if day is None else date.fromisoformat(day))
    assert decisions(filled)["times_carried"].tolist() == [2]


def test_a_day_that_is_over_stays_where_it_is_not_touched(filled: Engine) -> None:
    decision_id = decide(filled, due_date=TODAY)
    change_decision(filled, decision_id, 1, owner="dee", due_date=TODAY, by="cy", at=LATER, today=NEXT)
    assert decisions(filled)["owner"].tolist() == ["dee"]


def test_who_comes_second_hears_who_changed_what_and_nothing_is_written(filled: Engine) -> None:
    decision_id = decide(filled)
    change(filled, decision_id, due_date=date(2026, 3, 30))
    before = everything(filled)
    with pytest.raises(ConflictError) as conflict:
        change(filled, decision_id, by="dee", state=DONE)
    assert str(conflict.value) == (
        "Nothing was saved: cy changed the decision “Call Kessler” on 2026-03-16 09:45 UTC: its due date is now "
        "2026-03-30. Look at the new state and save again."
    )
    assert everything(filled) == before


def test_who_comes_second_to_a_settled_one_hears_that_it_is_settled(filled: Engine) -> None:
    decision_id = decide(filled)
    change(filled, decision_id, state=DONE)
    with pytest.raises(ConflictError) as conflict:
        change(filled, decision_id, by="dee", state=DONE)
    assert str(conflict.value) == (
        "Nothing was saved: cy changed the decision “Call Kessler” on 2026-03-16 09:45 UTC: its state is now done. "
        "It is settled already; Undo or Change it if that was wrong."
    )


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"state": "lost"}, "would be 'lost': it can be open, done, dropped"),
        ({"text": ""}, "has no text: write what is to be done"),
        ({"owner": " "}, "has no owner: name who sees to it"),
        ({"note": "a\x00b"}, "holds a NUL byte, which a text cannot hold: write it anew"),
        ({"note": "x" * 501}, "holds a text of 501 characters: write at most 500"),
        (
            {"due_date": date(2026, 3, 1)},
            "would be due on 2026-03-01, which is already over: choose today or a later day",
        ),
    ],
)
def test_a_change_that_breaks_a_rule_writes_nothing(filled: Engine, broken: dict[str, object], why: str) -> None:
    decision_id = decide(filled)
    before = everything(filled)
    with pytest.raises(RefusedChangeError) as refused:
        change(filled, decision_id, **broken)  # type: ignore[arg-type]
    assert str(refused.value) == f"Nothing was saved: the decision {why}."
    assert everything(filled) == before


def test_a_decision_that_there_is_not_cannot_be_changed(filled: Engine) -> None:
    before = everything(filled)
    with pytest.raises(RefusedChangeError, match="no decision 7"):
        change(filled, 7, state=DONE)
    assert everything(filled) == before


def test_open_ones_come_first_by_due_date_then_the_settled_latest_first(filled: Engine) -> None:
    texts = {"no day": None, "late": date(2026, 4, 6), "first": TODAY, "second": TODAY, "done": NEXT, "dropped": TODAY}
    ids = {text: decide(filled, text, due_date=day) for text, day in texts.items()}
    change_decision(filled, ids["dropped"], 1, state=DROPPED, by="cy", at=AT, today=TODAY)
    change_decision(filled, ids["done"], 1, state=DONE, by="cy", at=LATER, today=TODAY)
    assert decisions(filled)["text"].tolist() == ["first", "second", "late", "no day", "done", "dropped"]


def test_no_decision_is_an_empty_list_of_the_same_columns(filled: Engine) -> None:
    empty = decisions(filled)
    decide(filled)
    full = decisions(filled)
    assert empty.empty
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_nobody_rewrites_what_was_decided(filled: Engine) -> None:
    decision_id = decide(filled)
    before, ledger = told(filled, decision_id), schema.decision_changes
    for statement in (update(ledger).values(changed_by="nobody"), delete(ledger)):
        with pytest.raises(StoreError, match="ledger"), writing(filled) as connection:
            connection.execute(statement)
    assert told(filled, decision_id) == before
