"""The review as a meeting sees it: the figures of tests.pages.reviewed, point by point, by the front door."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert
from streamlit.testing.v1 import AppTest

from dashboard import jobs, reviewing
from dashboard.domain.decided import ORDER_LINE, Draft, Figures, Link
from data_access import schema
from data_access.decisions import add_decision, change_decision, decisions
from data_access.engine import raise_revision, writing
from data_access.reviews import close_review, open_review, reviews
from data_access.snapshots import snapshots, take_snapshot
from tests.conftest import TODAY
from tests.pages.companies import order_line, write_small_company
from tests.pages.reviewed import KEPT_DAY, RULES, a_week_passes, keep, write_kept_company
from tests.pages.test_decisions import fill

OpenPage = Callable[..., AppTest]
AT = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)


@pytest.fixture
def company(store: Engine) -> Engine:
    """The small company after the week, with the day before it kept."""
    write_kept_company(store)
    a_week_passes(store)
    return store


def told(app: AppTest) -> str:
    elements = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption, *app.info, *app.warning]
    return "\n".join(element.value for element in elements).replace("\\", "").replace("\u2060", "")


def title(app: AppTest) -> str:
    assert not app.exception
    return str(app.title[0].value).replace("\\", "")


def charts(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]


def bars(spec: dict[str, Any], layer: str) -> list[dict[str, Any]]:
    [found] = [each for each in spec["layer"] if each.get("name") == layer]
    return list(found["data"]["values"])


def steps(app: AppTest) -> dict[str, str]:
    """The numbers at the bars of the waterfall, by what stands beside them."""
    [spec] = [each for each in charts(app) if any(layer.get("name") == "steps" for layer in each["layer"])]
    return {bar["name"]: bar["text"] for bar in bars(spec, "steps")}


def decided(store: Engine, due: date, text: str = "Call Northgate") -> int:
    """A decision of a week ago about the late pumps, 6 days late then."""
    draft = Draft(text, "bo", due, "all of it on 2026-03-20", Link(ORDER_LINE, "SO-1", "2"))
    return add_decision(store, draft, Figures(1, 1, 10, 60.0), by="ada", at=AT, today=KEPT_DAY)


def test_an_empty_store_says_what_to_do(store: Engine, open_page: OpenPage) -> None:
    app = open_page("review")
    assert title(app) == "There is nothing to review."
    assert "Bring in your own data" in app.info[0].value


def test_without_a_kept_day_it_says_how_one_is_kept(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    app = open_page("review")
    assert not app.exception
    assert "a day must be kept first" in app.info[0].value
    for point in "456":
        assert open_page("review", point=point).title  # what is decided needs no kept day


def test_the_first_kept_day_has_nothing_to_compare_with(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    keep(store, TODAY)
    assert "The state of today is the first that is kept" in open_page("review").info[0].value


def test_the_week_is_told_in_a_sentence_and_by_where_both_days_stand(company: Engine, open_page: OpenPage) -> None:
    app = open_page("review")
    assert title(app) == "Backordered stayed at 4 lines: 1 new, 1 covered by receipts."
    assert app.header[0].value.replace("\\", "") == (
        "The open backlog stayed at 5 lines: 1 new, 1 shipped. 1 line slipped, by 3 days in the median; "
        "1 improved, by 2 days in the median."
    )
    assert [(each.label, each.value, each.delta) for each in app.metric] == [
        ("Open", "5 lines", "no change from 5"),
        ("Backordered", "4 lines", "no change from 4"),
        ("Late", "2 lines", "+1 from 1"),
        ("Undated", "1 line", "no change from 1"),
        ("Uncovered", "1 line", "no change from 1"),
        ("Past the promise", "1 line", "+1 from 0"),
    ]
    assert "19 units, 28 then  \n190 EUR, 280 EUR then" in told(app)
    assert "14 units, 18 then  \n140 EUR, 180 EUR then" in told(app)


BRIDGES = {
    ("backordered", "lines"): ("4", "+1", "0", "0", "0", "0", "\u22121", "0", "4"),
    ("backordered", "units"): ("18", "+2", "0", "\u22121", "0", "0", "\u22125", "0", "14"),
    ("backordered", "money"): ("180", "+20", "0", "\u221210", "0", "0", "\u221250", "0", "140"),
    ("open", "lines"): ("5", "+1", "\u22121", "0", "0", "0", "5"),
    ("open", "units"): ("28", "+2", "\u221210", "\u22121", "0", "0", "19"),
    ("open", "money"): ("280", "+20", "\u2212100", "\u221210", "0", "0", "190"),
}
"""What stands at the bars: the kept day, new orders, shipped, cancelled, quantity, then of the backordered part newly
uncovered by stock and covered by receipts, price, now."""


@pytest.mark.parametrize(("part", "measure"), BRIDGES)
def test_the_bridge_is_drawn_as_worked_out_by_hand(
    company: Engine, open_page: OpenPage, part: str, measure: str
) -> None:
    drawn = steps(open_page("review", point="2", part=part, **{"in": measure}))
    assert tuple(drawn.values()) == BRIDGES[part, measure]
    assert next(iter(drawn)) == "2026-03-09"
    assert list(drawn)[-1] == "now"


OPENED = {
    ("backordered", "new orders"): [("SO-11", "1", 2.0, 20.0, "yes")],
    ("backordered", "cancelled"): [("SO-10", "1", -1.0, -10.0, "yes")],
    ("backordered", "covered by receipts"): [("SO-2", "1", -5.0, -50.0, "yes")],
    ("open", "shipped"): [("SO-1", "1", -10.0, -100.0, "no")],
}


@pytest.mark.parametrize(("part", "step"), OPENED)
def test_a_bar_opens_its_lines(company: Engine, open_page: OpenPage, part: str, step: str) -> None:
    app = open_page("review", point="2", part=part, step=step)
    shown = app.dataframe[-1].value[["order_id", "line_no", "step_qty", "step_value", "still_open"]]
    assert list(shown.itertuples(index=False, name=None)) == OPENED[part, step]


def test_a_step_is_opened_by_its_name_and_leads_to_its_line(company: Engine, open_page: OpenPage) -> None:
    app = open_page("review", point="2")
    assert [each for each in app.get("page_link") if "SO-" in each.proto.label] == []
    app.button_group(key="review-step").set_value("cancelled").run()
    assert "Cancelled: \u22121 unit".replace("\u22121 unit", "0 lines") in told(app).replace("**", "")
    assert app.query_params["step"] == "cancelled"
    app.selectbox(key="review-line").select("SO-10/1").run()
    [link] = [each.proto for each in app.get("page_link") if "Open backorders" in each.proto.label]
    assert "line=SO-10%2F1" in link.query_string
    assert "decide-bridge-line" in [button.key for button in app.button]


def test_a_line_that_left_leads_nowhere(company: Engine, open_page: OpenPage) -> None:
    app = open_page("review", point="2", part="open", step="shipped", line="SO-1/1")
    assert "SO-1/1 is no longer open." in told(app)


def test_re_dated_lines_stand_beside_the_bridge_and_open_too(company: Engine, open_page: OpenPage) -> None:
    app = open_page("review", point="2", step="slipped")
    sums, lines = app.dataframe[0].value, app.dataframe[1].value
    assert sums[["direction", "cause", "lines", "median_days"]].values.tolist() == [
        ["slipped", "supplier's date", 1, 3.0],
        ["improved", "supply came or was cancelled", 1, -2.0],  # the hoses: ready now, expected on 2026-03-18 then
    ]
    assert lines[["order_id", "line_no", "days_moved", "cause"]].values.tolist() == [
        ["SO-1", "2", 3.0, "supplier's date"]
    ]


def test_split_by_customer_each_has_its_own_bridge(company: Engine, open_page: OpenPage) -> None:
    app = open_page("review", point="2", part="open", by="customer", **{"in": "units"})
    [changes] = [each for each in charts(app) if any(layer.get("name") == "groups" for layer in each["layer"])]
    assert [(bar["label"], bar["text"]) for bar in bars(changes, "groups")] == [
        ("Brightwater Retail", "\u221210"),
        ("Old Mill", "+1"),
    ]
    app = open_page("review", point="2", part="open", by="customer", group="C-2", step="new orders", **{"in": "units"})
    assert tuple(steps(app).values()) == ("12", "+2", "0", "\u22121", "0", "0", "13")
    assert title(app).startswith(
        "The open backlog of Old Mill: 3 lines on 2026-03-09, 4 now; 120 EUR then, 130 EUR now"
    )
    assert app.dataframe[-1].value["order_id"].tolist() == ["SO-11"]


@pytest.mark.parametrize("split", ["customer", "supplier", "category"])
@pytest.mark.parametrize("part", ["backordered", "open"])
def test_every_split_is_drawn(company: Engine, open_page: OpenPage, split: str, part: str) -> None:
    assert title(open_page("review", point="2", part=part, by=split))


def test_between_two_kept_days_what_is_now_does_not_count(company: Engine, open_page: OpenPage) -> None:
    keep(company, date(2026, 3, 13))
    a_day = {"from": "2026-03-09", "to": "2026-03-13"}
    app = open_page("review", point="2", part="open", **{"in": "units"}, **a_day)
    assert tuple(steps(app).values()) == BRIDGES["open", "units"]
    assert list(steps(app))[-1] == "2026-03-13"
    same = open_page("review", point="2", part="open", **{"in": "units", "from": "2026-03-13"})
    assert tuple(steps(same).values()) == ("19", "0", "0", "0", "0", "0", "19")


def test_of_itself_it_compares_with_the_day_of_the_last_review(company: Engine, open_page: OpenPage) -> None:
    for day in (date(2026, 3, 11), date(2026, 3, 13)):
        keep(company, day)
    assert open_page("review").selectbox(key="review-from").value == "2026-03-09"  # a week before
    open_review(company, date(2026, 3, 11), None, by="ada", at=AT)
    assert open_page("review").selectbox(key="review-from").value == "2026-03-11"


def test_the_agenda_is_walked_by_its_buttons_and_stands_in_the_address(company: Engine, open_page: OpenPage) -> None:
    app = open_page("review")
    assert app.button(key="previous-point").disabled
    app.button(key="next-point").click().run()
    assert app.query_params["point"] == "2"
    app.button(key="point-6").click().run()
    assert app.query_params["point"] == "6"
    assert app.button(key="next-point").disabled
    app.button(key="previous-point").click().run()
    assert title(app).startswith("1 line uncovered")


@pytest.mark.parametrize("address", [{"point": "7"}, {"point": "x"}, {"from": "2020-01-01"}, {"to": "then"},
                                     {"point": "2", "step": "nonsense", "group": "nobody", "in": "kilos"}])  # fmt: skip
def test_what_an_address_asks_for_and_nobody_knows_is_passed_over(
    company: Engine, open_page: OpenPage, address: dict[str, str]
) -> None:
    assert title(open_page("review", **address)).startswith("Backordered")


def test_large_type_and_time_stand_in_the_address(company: Engine, open_page: OpenPage) -> None:
    app = open_page("review", wall="1")
    assert app.toggle(key="review-wall").value
    assert "html { font-size" in "".join(each.proto.body for each in app.get("html"))
    app.toggle(key="review-wall").set_value(False).run()
    assert "wall" not in app.query_params
    app.toggle(key="review-time").set_value(True).run()
    assert app.query_params["time"] == "1"
    assert "0 minutes here, 0 in all" in told(app)


def test_decisions_of_before_stand_in_the_next_review_with_what_became_of_them(
    company: Engine, open_page: OpenPage
) -> None:
    decided(company, TODAY)
    decided(company, date(2026, 3, 30), "Ask for a part delivery")
    app = open_page("review", point="4")
    assert title(app) == "1 decision is due; 1 is open and due later."
    assert "1 line late then, 1 now; worst 10 days then, 13 now." in told(app)
    app.button(key="due-1-done").click().run()
    assert title(app) == "No decision is due; 1 is open and due later."


def due_cards(app: AppTest) -> dict[str, str]:
    """What can be done to the decisions that are due and to those due later, in their order, with the key L."""
    asked = [button for button in app.button if str(button.key).endswith("-carry")]
    return {f"{each.key}".removesuffix("-carry"): f"{each.label}{', L' * bool(each.proto.shortcut)}" for each in asked}


def test_what_is_carried_in_the_review_stays_among_the_due_ones_till_another_point_is_shown(
    company: Engine, open_page: OpenPage
) -> None:
    """So that a double click carries one decision alone. The keys go on to the next one."""
    for text in ("first", "second", "third"):
        decided(company, TODAY, text)
    app = open_page("review", point="4")
    app = app.button(key="due-1-carry").click().run()
    to = "to 2026-03-23"
    assert due_cards(app) == {"due-1": f"Carried {to}", "due-2": f"Carry {to}, L", "due-3": f"Carry {to}"}
    assert [app.button(key=f"due-{number}-carry").disabled for number in (1, 2, 3)] == [True, False, False]
    assert title(app) == "2 decisions are due; 1 is open and due later."
    assert decisions(company)["version"].tolist() == [1, 1, 2]

    app = app.button(key="point-5").click().run()
    app = app.button(key="point-4").click().run()
    assert due_cards(app) == {"due-2": f"Carry {to}, L", "due-3": f"Carry {to}", "later-1": f"Carried {to}"}


def test_what_is_done_in_the_review_stays_in_its_place_till_another_point_is_shown(
    company: Engine, open_page: OpenPage
) -> None:
    for text, due in (("first", TODAY), ("second", TODAY), ("third", date(2026, 3, 30)), ("fourth", date(2026, 4, 6))):
        decided(company, due, text)
    app = open_page("review", point="4")
    before = [button.key for button in app.button]
    app = app.button(key="due-1-done").click().run()
    app = app.button(key="later-3-done").click().run()
    new = {"due-1-again", "later-3-again"}  # in the cards: whatever came above them would move them
    assert [button.key for button in app.button if button.key not in new] == before
    assert list(due_cards(app)) == ["due-1", "due-2", "later-3", "later-4"]
    assert [app.button(key=f"{each}-done").disabled for each in due_cards(app)] == [True, False, True, False]
    assert [each.label for each in app.expander] == []  # those settled in a table
    assert title(app) == "1 decision is due; 1 is open and due later."

    app = app.button(key="point-6").click().run()
    app = app.button(key="point-4").click().run()
    assert list(due_cards(app)) == ["due-2", "later-4"]


def test_each_decision_that_was_settled_in_the_review_can_be_opened_again_in_its_place(
    company: Engine, open_page: OpenPage
) -> None:
    for text in ("first", "second", "third"):
        decided(company, TODAY, text)
    app = open_page("review", point="4")
    app = app.button(key="due-1-done").click().run()
    app = app.button(key="due-2-drop").click().run()
    assert [each.key for each in app.button if each.label == "Open again"] == ["due-1-again", "due-2-again"]
    app = app.button(key="due-1-again").click().run()
    kept = decisions(company).set_index("text")["state"]
    assert kept.to_dict() == {"first": "open", "second": "dropped", "third": "open"}
    assert [each.key for each in app.button if each.label == "Open again"] == ["due-2-again"]
    assert [app.button(key=f"due-{number}-done").disabled for number in (1, 2, 3)] == [False, True, False]
    assert title(app) == "2 decisions are due."


def test_where_the_last_one_was_just_settled_the_sentence_says_so(company: Engine, open_page: OpenPage) -> None:
    decided(company, TODAY)
    app = open_page("review", point="4")
    app = app.button(key="due-1-done").click().run()
    assert title(app) == "Each decision from before is settled."
    assert "What is decided in this review stands here in the next one" not in told(app)
    app = app.button(key="due-1-again").click().run()
    assert title(app) == "1 decision is due."


def test_the_close_tells_what_was_made_and_settled_today(company: Engine, open_page: OpenPage) -> None:
    number, day = decided(company, TODAY), datetime(2026, 3, 16, 10, tzinfo=UTC)
    decided(company, date(2026, 3, 30), "Ask for a part delivery")
    change_decision(company, number, 1, state="done", by="bo", at=day, today=TODAY)
    assert title(open_page("review", point="6")) == "Nothing decided today and 1 done; 1 is open."
    add_decision(company, Draft("Look at the clamps", "bo"), None, by="bo", at=day, today=TODAY)
    app = open_page("review", point="6")
    assert title(app) == "1 decision made today and 1 done; 2 are open."
    assert [each.value for each in app.subheader][:2] == ["Decided today (1)", "Settled today (1)"]
    [settled] = app.dataframe
    assert settled.value["decision_text"].tolist() == ["Call Northgate"]
    assert "Look at the clamps" in told(app)


def test_what_was_settled_yesterday_is_not_settled_today_for_a_note(company: Engine, open_page: OpenPage) -> None:
    number = decided(company, TODAY)
    done = datetime(2026, 3, 15, 10, tzinfo=UTC)
    change_decision(company, number, 1, state="done", by="bo", at=done, today=TODAY)
    change_decision(company, number, 2, note="It helped.", by="bo", at=done + timedelta(days=1), today=TODAY)
    assert title(open_page("review", point="6")) == "Nothing decided today; none is open."


def test_without_decisions_the_point_says_so(company: Engine, open_page: OpenPage) -> None:
    assert title(open_page("review", point="4")) == "No decision is carried over from before."


def test_what_needs_a_decision_is_listed_with_what_is_decided_already(company: Engine, open_page: OpenPage) -> None:
    decided(company, date(2026, 3, 30))
    app = open_page("review", point="5")
    assert title(app) == "1 line uncovered, 1 undated and 1 late for the best customers."
    assert "SO-10/1 Old Mill" in told(app).replace("**", "")
    assert "20 EUR, 2 units of CLAMP, ordered 14 days ago" in told(app)
    assert "40 EUR, 4 units of FILTER, 6 days past the promise" in told(app)
    assert "60 EUR, 6 units of PUMP, 13 days late, expected 2026-04-02" in told(app)
    assert "Decided 2026-03-09: Call Northgate (bo, due 2026-03-30)" in told(app)
    assert len([button for button in app.button if str(button.key).startswith("decide-need")]) == 3


def in_order(app: AppTest) -> list[str]:
    """The lines of what needs a decision and what is decided about them, as they stand one below the other."""

    def values(block: Any) -> Iterator[str]:
        for each in block.children.values():
            yield from values(each) if hasattr(each, "children") else [str(getattr(each, "value", ""))]

    shown = [value.replace("\\", "").replace("*", "").replace("\u2060", "") for value in values(app.main)]
    return [value.removeprefix(":material/check: ") for value in shown if value.startswith(("SO-", ":material/check:"))]


def test_what_was_just_decided_stays_with_its_line_where_newer_data_puts_another_in_its_place(
    company: Engine, open_page: OpenPage
) -> None:
    app = open_page("review", point="5").button(key="decide-need-uncovered-SO-10/1").click().run()
    app = fill(app, text="Buy clamps elsewhere", owner="Bo")
    line = order_line("SO-12", "1", "C-2", "CLAMP", 50)
    with writing(company) as connection:
        connection.execute(insert(schema.order_lines), [line])
        raise_revision(connection)
    about = Draft("Tell Old Mill", "eve", TODAY, "", Link(ORDER_LINE, "SO-12", "1"))
    add_decision(company, about, Figures(1, 1, 10, 60.0), by="eve", at=AT, today=TODAY)
    assert in_order(app.run())[:4] == [
        "SO-12/1 Old Mill", "Decided 2026-03-16: Tell Old Mill (eve, due 2026-03-16)",
        "SO-10/1 Old Mill", "Decided: Buy clamps elsewhere (Bo, due 2026-03-23)",
    ]  # fmt: skip


def test_who_is_an_editor_no_more_takes_nothing_back(
    company: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch
) -> None:
    app = open_page("review", point="5").button(key="decide-need-uncovered-SO-10/1").click().run()
    app = fill(app, text="Buy clamps elsewhere", owner="Bo")
    assert "Undo" in [button.label for button in app.button]
    settings.setenv("BACKORDERS_ROLE", "viewer")
    assert "Undo" not in [button.label for button in app.run().button]


def test_a_viewer_looks_and_does_not_decide(company: Engine, open_page: OpenPage, settings: pytest.MonkeyPatch) -> None:
    settings.setenv("BACKORDERS_ROLE", "viewer")
    decided(company, TODAY)
    for point in "123456":
        app = open_page("review", point=point, step="cancelled", line="SO-10/1")
        assert title(app)
        assert [
            button.key
            for button in app.button
            if not str(button.key).startswith(("point", "next", "previous", "report"))
        ] == []


@pytest.mark.parametrize("is_kept", [True, False])
def test_the_trend_tells_the_weeks_up_to_now(company: Engine, open_page: OpenPage, is_kept: bool) -> None:
    if is_kept:
        keep(company, TODAY)
    decided(company, TODAY)
    app = open_page("review", point="3")
    assert title(app) == "Since 2026-03-09 backordered stayed at 4, late went from 1 to 2 and open stayed at 5 lines."
    [late] = [each.proto.alt for each in app.get("vega_lite_chart") if each.proto.alt.startswith("Late")]
    assert late == "Late, in lines: 2026-03-09 1; 2026-03-16 2"
    assert [each.proto.alt for each in app.get("vega_lite_chart")][-1] == (
        "2026-03-09 0 moves, 1 decisions; 2026-03-16 0 moves, 0 decisions"
    )


def test_a_trend_without_a_kept_day_says_so(store: Engine, open_page: OpenPage) -> None:
    write_small_company(store)
    assert title(open_page("review", point="3")) == "No day is kept yet, so there is no trend."


def test_opening_the_review_keeps_today_beside_the_server(company: Engine, open_page: OpenPage) -> None:
    app = open_page("review")
    app.button(key="open-review").click().run()
    assert not app.exception
    assert "Review of today opened by" in told(app)
    [review] = reviews(company)
    assert (review.review_date, review.compared_date) == (TODAY, KEPT_DAY)
    job = reviewing.keeping()
    assert job is not None
    assert job.process.wait(60) == 0, job.words()
    app.run()
    assert [(each.snapshot_date, each.taken_by) for each in snapshots(company)] == [
        (KEPT_DAY, "ada"),
        (TODAY, review.opened_by),
    ]
    assert reviewing.keeping() is None


@pytest.fixture
def failed_keeping(settings: pytest.MonkeyPatch) -> Iterator[jobs.Job]:
    """The keeping of today came upon an error of the program."""
    name = reviewing._job_name()
    job = jobs.start(name, ["snapshot"], os.environ | {"PYTHONPATH": "", "BACKORDERS_DATABASE_URL": "nonsense"})
    job.process.wait(60)
    job.told.write(b"Traceback (most recent call last):\nKeyError: 'Brightwater'")
    yield job
    if (left := jobs.of(name)) is not None:
        left.process.wait(60)
    jobs.forget(name)


def test_a_keeping_that_failed_is_told_calmly_to_editors_and_asked_for_again(
    company: Engine, open_page: OpenPage, failed_keeping: jobs.Job, settings: pytest.MonkeyPatch
) -> None:
    open_review(company, TODAY, KEPT_DAY, by="ada", at=datetime.now(UTC))
    settings.setenv("BACKORDERS_ROLE", "viewer")
    assert "could not be kept" not in told(open_page("review"))
    settings.setenv("BACKORDERS_ROLE", "editor")
    app = open_page("review")
    assert f"The state of today could not be kept: {jobs._CALM}" in told(app)
    assert "Brightwater" not in " ".join(each.value for each in app.warning)
    app.button(key="keep-today").click().run()
    job = reviewing.keeping()
    assert job is not None
    assert job is not failed_keeping
    assert job.process.wait(60) == 0, job.words()
    app.run()
    assert [each.snapshot_date for each in snapshots(company)] == [KEPT_DAY, TODAY]
    assert "keep-today" not in [button.key for button in open_page("review").button]


def test_a_keeping_that_got_lost_is_asked_for_again_until_the_review_is_kept(
    company: Engine, open_page: OpenPage
) -> None:
    def is_offered() -> bool:
        return "keep-today" in [button.key for button in open_page("review").button]

    assert not is_offered()
    eight = datetime(2026, 3, 16, 8, tzinfo=UTC)  # when `keep` keeps a day
    review = open_review(company, TODAY, KEPT_DAY, by="ada", at=eight + timedelta(minutes=1))
    assert is_offered()
    keep(company, TODAY)  # by a schedule, before the review was opened
    assert is_offered()
    take_snapshot(company, TODAY, RULES, by="ada", at=eight + timedelta(minutes=2))
    assert not is_offered()
    close_review(company, review.review_id, by="ada", at=eight + timedelta(minutes=3))
    assert is_offered()  # what was decided in the review is not kept
    take_snapshot(company, TODAY, RULES, by="ada", at=eight + timedelta(minutes=4))
    assert not is_offered()


def test_a_review_is_closed_by_its_button(company: Engine, open_page: OpenPage) -> None:
    assert "The review of today is not open." in told(open_page("review", point="6"))
    open_review(company, TODAY, KEPT_DAY, by="ada", at=AT)
    app = open_page("review", point="6")
    app.button(key="close-review").click().run()
    assert not app.exception
    [review] = reviews(company)
    assert review.is_closed
    assert f"Closed by {review.closed_by}." in told(app)
    job = reviewing.keeping()
    assert job is not None
    assert job.process.wait(60) == 0, job.words()
    app.run()
    assert [each.snapshot_date for each in snapshots(company)] == [KEPT_DAY, TODAY]
    assert "keep-today" not in [button.key for button in app.button]


def test_a_day_that_was_kept_before_its_review_was_closed_says_up_to_when_it_tells(
    company: Engine, open_page: OpenPage
) -> None:
    nine = datetime(2026, 3, 16, 9, 2, tzinfo=UTC)
    review = open_review(company, TODAY, KEPT_DAY, by="ada", at=nine)
    take_snapshot(company, TODAY, RULES, by="ada", at=nine)
    add_decision(company, Draft("Look at the clamps", "bo"), None, by="bo", at=nine + timedelta(hours=1), today=TODAY)
    app = open_page("review", point="6", as_of="2026-03-16")
    assert title(app) == "Nothing decided by 09:02; none is open."
    assert "As kept at 09:02; what was decided after that is not in it." in told(app)
    assert "Nothing was decided today" not in told(app)
    closed_at = nine + timedelta(hours=2)
    close_review(company, review.review_id, by="ada", at=closed_at)
    take_snapshot(company, TODAY, RULES, by="ada", at=closed_at)
    app = open_page("review", point="6", as_of="2026-03-16")
    assert title(app) == "1 decision made today; 1 is open."
    assert "As kept at" not in told(app)


def test_a_review_that_is_closed_stays_closed(company: Engine, open_page: OpenPage) -> None:
    review = open_review(company, TODAY, KEPT_DAY, by="ada", at=AT)
    close_review(company, review.review_id, by="ada", at=AT)
    app = open_page("review", point="6")
    assert "close-review" not in [button.key for button in app.button]
    assert "The next review, a week from today, is on 2026-03-23." in told(app)
