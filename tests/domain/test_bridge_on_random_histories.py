"""The bridge on random histories: what a simulator counted while it happened, a slow obvious loop, and no residual."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.allocation import DEFAULT_RULE
from dashboard.domain.book import Book
from dashboard.domain.bridge import BACKORDERED, OPEN, PARTS, SPLITS, Comparison, State, state_of
from dashboard.domain.overview import totals
from dashboard.domain.plan import make_plan
from tests.books import Row
from tests.domain.test_allocation_on_random_books import books
from tests.random_cases import tries
from tests.states import left, open_line, state, told

thoroughly = tries(8, long=15)
moderately = tries(4, long=8)

FIRST_DAY = date(2026, 3, 2)
SHIPPED, CANCELLED, QUANTITY, UNCOVERED, COVERED = (
    "shipped", "cancelled", "quantity", "newly uncovered by stock", "covered by receipts",
)  # fmt: skip
ENTERS_BY = ("new orders", "reopened or entered late", UNCOVERED, QUANTITY, CANCELLED, SHIPPED)
LEAVES_BY = (COVERED, SHIPPED, CANCELLED, QUANTITY, "no longer known")

Measures = tuple[int, int, int]
"""Lines, thousandths of a unit, ten-thousandths of money."""
Steps = dict[str, Measures]
LineSteps = dict[tuple[str, str, str], Measures]
"""What each step brings or takes, by order id, line number and step."""


@dataclass
class Order:
    """One order line as the simulator lives it: a row of units, those at the front on the shelf.

    units: for each unit since when it is there: "ready" or "backordered" at the opening, else the step that added it
    on_shelf: how many at the front are covered by stock
    flows: units that each step brought or took of the open and of the backordered part since the opening
    """

    order_id: str
    ordered_date: date
    price: int
    groups: dict[str, str]
    units: list[str] = field(default_factory=list)
    on_shelf: int = 0
    ordered: int = 0
    shipped: int = 0
    cancelled: int = 0
    open_flows: Counter[str] = field(default_factory=Counter)
    backordered_flows: Counter[str] = field(default_factory=Counter)
    done: set[str] = field(default_factory=set)
    is_over: bool = False

    def begin_interval(self) -> None:
        self.units = ["ready" if place < self.on_shelf else "backordered" for place in range(len(self.units))]
        self.open_flows, self.backordered_flows, self.done = Counter(), Counter(), set()

    def take(self, step: str, unit: str) -> None:
        self.open_flows[step] -= 1
        if unit == "backordered":
            self.backordered_flows[step] -= 1

    def ship(self, amount: int, beyond: int) -> None:
        """Units leave from the front; where all are gone, more may be shipped than was ordered: the line is over."""
        for _ in range(min(amount, len(self.units))):
            self.take(SHIPPED, self.units.pop(0))
            self.shipped += 1
            self.on_shelf = max(self.on_shelf - 1, 0)
        if not self.units and beyond:
            self.shipped += beyond
            self.is_over = True

    def drop(self, step: str, amount: int) -> int:
        """Old units leave from the back; where there is none left, those that were added first."""
        amount = min(amount, len(self.units))
        for _ in range(amount):
            old = [place for place, unit in enumerate(self.units) if unit in ("ready", "backordered")]
            place = old[-1] if old else 0
            self.on_shelf = min(self.on_shelf, len(self.units) - 1)
            self.take(step, self.units.pop(place))
        return amount

    def add(self, step: str, amount: int) -> None:
        """Units come to the back: what was shipped before what was cancelled before what is ordered besides."""
        classes = ("ready", "backordered", SHIPPED, CANCELLED, QUANTITY)
        self.units = sorted([*self.units, *[step] * amount], key=lambda unit: max(classes.index(unit), 1))
        self.open_flows[step] += amount

    def happen(self, what: str, amount: int) -> None:
        """One event. A line ships before it is cancelled before it is reduced; none is undone the same week."""
        opposite = {"raise": "reduce", "reduce": "raise", "cancel": "reopen", "reopen": "cancel", "ship": "return",
                    "return": "ship"}  # fmt: skip
        too_late = {"ship": {"cancel", "reduce"}, "cancel": {"reduce"}}
        if self.is_over or opposite.get(what) in self.done or self.done & too_late.get(what, set()):
            return
        self.done.add(what)
        if what == "ship":
            self.ship(amount, amount // 3)
        elif what == "return":
            amount = min(amount, self.shipped)
            self.shipped -= amount
            self.add(SHIPPED, amount)
        elif what == "cancel":
            self.cancelled += self.drop(CANCELLED, amount)
        elif what == "reopen":
            amount = min(amount, self.cancelled)
            self.cancelled -= amount
            self.add(CANCELLED, amount)
        elif what == "reduce":
            self.ordered -= self.drop(QUANTITY, amount)
        elif what == "raise":
            self.ordered += amount
            self.add(QUANTITY, amount)
        elif what == "receive":
            self.on_shelf = min(self.on_shelf + amount, len(self.units))
        elif what == "lose":
            self.on_shelf = max(self.on_shelf - amount, 0)
        elif what == "reprice":
            self.price = amount * 250
        else:
            self.groups[what] = f"{what[0].upper()}-{amount % 3}"

    def row(self) -> Row:
        """As a state shows it."""
        return open_line(
            self.order_id,
            open_qty=len(self.units),
            backordered=len(self.units) - self.on_shelf,
            shipped=self.shipped,
            cancelled=self.cancelled,
            price=self.price / 10_000,
            ordered=self.ordered_date.isoformat(),
            **self.groups,
        )


EVENTS = ("ship", "return", "cancel", "reopen", "reduce", "raise", "receive", "lose", "reprice", *SPLITS)
Event = tuple[int, str, int]


def events(seed: int, count: int) -> list[Event]:
    """So many random events: of which line, what, and of how many units."""
    chance = random.Random(seed)  # noqa: S311
    kinds = [*EVENTS, "ship", "receive", "order"]
    return [(chance.randrange(60), chance.choice(kinds), chance.randint(1, 7)) for _ in range(count)]


weeks = st.lists(
    st.tuples(st.builds(events, st.integers(0, 2**32), st.integers(0, 150)), st.booleans()), min_size=1, max_size=3
)
FIRST_WEEK = [(number % 4, "order", 1 + number % 7) for number in range(40)]


@dataclass
class Company:
    """All order lines, and what happened in the interval."""

    today: date
    orders: list[Order] = field(default_factory=list)

    def live(self, history: Sequence[Event]) -> None:
        """A week in which these events happen."""
        opened = self.today
        self.today += timedelta(days=7)
        for each in self.orders:
            each.begin_interval()
        for which, what, amount in history:
            if what == "order":
                ordered = opened + timedelta(days=which % 4 - 1)
                new = Order(f"SO-{len(self.orders) + 1}", ordered, 500 * amount,
                            {split: f"{split[0].upper()}-{which % 3}" for split in SPLITS})  # fmt: skip
                new.happen("raise", amount)
                self.orders.append(new)
            elif self.orders:
                self.orders[which % len(self.orders)].happen(what, amount)

    def state(self) -> State:
        return state(self.today.isoformat(), [each.row() for each in self.orders if each.units])


def kept(company: Company) -> dict[str, Order]:
    """The order lines as they are, to be compared with what they become."""
    return {each.order_id: replace(each, units=list(each.units), groups=dict(each.groups)) for each in company.orders}


def part_of(order: Order, part: str) -> int:
    return len(order.units) if part == OPEN else len(order.units) - order.on_shelf


def counted(before: Order, after: Order, part: str, *, is_unknown: bool, opened: date) -> Counter[str]:
    """Units that each step brought or took of one line, as the simulator counted them while it happened."""
    if not before.units:
        if after.ordered_date < opened:
            return Counter({"reopened or entered late": part_of(after, part)})
        if part == BACKORDERED:
            return Counter({"new orders": part_of(after, part)})
        return Counter({"new orders": after.ordered, SHIPPED: -after.shipped, CANCELLED: -after.cancelled})
    if is_unknown:
        return Counter({"no longer known": -part_of(before, part)})
    if part == OPEN:
        return after.open_flows
    flows = Counter(after.backordered_flows)
    for place, unit in enumerate(after.units):
        if place < after.on_shelf:
            flows[COVERED] -= unit == "backordered"
        elif unit != "backordered":
            flows[UNCOVERED if unit == "ready" else unit] += 1
    return flows


def valued(flows: Counter[str], before: Order, after: Order, part: str) -> Steps:
    """The same in lines, units and money: at the opening's price, the difference of prices by itself."""
    was, is_now = part_of(before, part), part_of(after, part)
    price = before.price if before.units else after.price
    order, sign = (ENTERS_BY, 1) if is_now else (LEAVES_BY, -1)
    by = next((step for step in order if flows[step] * sign > 0), "") if (was == 0) != (is_now == 0) else ""
    steps = {step: (sign * (step == by), units * 1_000, units * price) for step, units in flows.items() if units}
    repriced = is_now * (after.price - price)
    return steps | ({"price": (0, 0, repriced)} if repriced else {})


def expected(
    then: dict[str, Order], now: Sequence[Order], unknown: set[str], part: str, split: str | None, opened: date
) -> dict[str, Steps]:
    """What the bridge must tell by the simulator's own counts, by group and step."""
    sums: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))

    def add(group: str, step: str, measures: Measures) -> None:
        sums[group][step] = [a + b for a, b in zip(sums[group][step], measures, strict=True)]

    for after in now:
        before = then.get(after.order_id, replace(after, units=[], on_shelf=0))
        if not before.units and not after.units:
            continue
        is_unknown = not after.units and after.order_id in unknown
        was_in, is_in = (each.groups[split] if split else "" for each in (before, after))
        group = was_in if before.units else is_in
        flows = counted(before, after, part, is_unknown=is_unknown, opened=opened)
        for step, measures in valued(flows, before, after, part).items():
            add(group, step, measures)
        left_over = part_of(after, part)
        if left_over:
            add(is_in, "closing", (1, left_over * 1_000, left_over * after.price))
            if before.units and was_in != is_in:
                add(was_in, "moved between groups", (-1, -left_over * 1_000, -left_over * after.price))
                add(is_in, "moved between groups", (1, left_over * 1_000, left_over * after.price))
        if there := part_of(before, part):
            add(was_in, "opening", (1, there * 1_000, there * before.price))
    found = {group: {step: tuple(each) for step, each in steps.items() if any(each)} for group, steps in sums.items()}
    return {group: steps for group, steps in found.items() if steps}


def by_group(bridge: pd.DataFrame) -> dict[str, Steps]:
    """A bridge as whole numbers, by group and step; what is all zero is left out."""
    groups = bridge["group"] if "group" in bridge else pd.Series("", bridge.index)
    found: dict[str, Steps] = defaultdict(dict)
    for group, (step, (lines, qty, value)) in zip(groups, _rows(bridge), strict=True):
        if lines or qty or value:
            found[group][step] = (lines, round(qty * 1_000), round(value * 10_000))
    return dict(found)


def _rows(bridge: pd.DataFrame) -> list[tuple[str, tuple[int, float, float]]]:
    measures = zip(*(bridge[name].tolist() for name in ("lines", "qty", "value")), strict=True)
    return list(zip(bridge["step"].tolist(), measures, strict=True))


def assert_nothing_is_left_over(groups: dict[str, Steps]) -> None:
    for steps in groups.values():
        closing = steps.get("closing", (0, 0, 0))
        before = [measures for step, measures in steps.items() if step != "closing"]
        assert tuple(map(sum, zip((0, 0, 0), *before, strict=True))) == closing


def assert_all_adds_up(sides: Comparison) -> None:
    for part in PARTS:
        for split in (None, *SPLITS):
            assert_nothing_is_left_over(by_group(sides.bridge(part, split)))


@thoroughly
@given(weeks)
def test_the_steps_are_what_the_simulator_counted_in_whole_and_in_every_split(
    weeks: list[tuple[list[Event], bool]],
) -> None:
    company = Company(FIRST_DAY)
    for happened, is_forgetful in [(FIRST_WEEK, False), *weeks]:
        then, opening = kept(company), company.state()
        company.live(happened)
        unknown = {each.order_id for each in company.orders[1::2]} if is_forgetful else set()
        gone = [each for each in company.orders if not each.units and each.order_id not in unknown]
        known = left(*((each.order_id, each.ordered, each.shipped, each.cancelled) for each in gone))
        sides = Comparison(opening, company.state(), known)
        for part in PARTS:
            for split in (None, *SPLITS):
                wanted = expected(then, company.orders, unknown, part, split, opening.day)
                found = by_group(sides.bridge(part, split))
                assert found == wanted, (part, split)
                assert_nothing_is_left_over(found)


UNITS = (0.0, 0.001, 0.333, 0.5, 1.0, 2.0, 2.5, 7.125)
PRICES = (0.0, 0.0001, 0.3333, 1.25, 19.99)
GROUPS = ("A", "B", "")


def random_lines(seed: int, most: int) -> list[Row]:
    """Lines with any quantities, parts of units and prices that do not multiply to whole ten-thousandths."""
    chance = random.Random(seed)  # noqa: S311
    rows = []
    for number in chance.sample(range(most), chance.randint(0, most)):
        open_qty = chance.choice(UNITS[1:])
        quantities = {
            "backordered": chance.choice([qty for qty in UNITS if qty <= open_qty]),
            "shipped": chance.choice(UNITS),
            "cancelled": chance.choice(UNITS),
        }
        ordered = chance.choice(["2026-03-01", "2026-03-09", "2026-03-12"])
        groups = {split: chance.choice(GROUPS) for split in SPLITS}
        price = chance.choice(PRICES)
        rows.append(open_line(f"SO-{number}", open_qty=open_qty, price=price, ordered=ordered, **quantities, **groups))
    return rows


def random_left(seed: int, most: int) -> pd.DataFrame:
    """What is known of lines, whether they left or not, some of them more than once."""
    chance = random.Random(seed)  # noqa: S311
    return left(*((f"SO-{chance.randrange(most)}", *(chance.choice(UNITS) for _ in range(3))) for _ in range(most)))


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    """Two states and what is known of lines, at random."""
    most = draw(st.integers(1, 60))
    seeds = [draw(st.integers(0, 2**32)) for _ in range(3)]
    then, now = (random_lines(seed, most) for seed in seeds[:2])
    return Comparison(state(lines=then), state("2026-03-16", now), random_left(seeds[2], most))


def exact(row: dict[str, Any], name: str) -> int:
    return round(row[name] * 1_000)


def value_of(thousandths: int, price: float) -> int:
    """Half a ten-thousandth is rounded up."""
    return (thousandths * round(price * 10_000) * 2 + 1_000) // 2_000


def slow_units(
    before: dict[str, Any] | None, after: dict[str, Any] | None, known: dict[str, Any] | None, part: str, opened: date
) -> dict[str, int]:
    """Thousandths that each step brings or takes of one line, one unit after the other as the rules say."""
    back_now = exact(after, "backordered_qty") if after else 0
    if before is None:
        assert after is not None
        is_new = after["ordered_date"].date() >= opened
        if part == BACKORDERED:
            return {"new orders" if is_new else "reopened or entered late": back_now}
        if not is_new:
            return {"reopened or entered late": exact(after, "open_qty")}
        so_far = {SHIPPED: -exact(after, "shipped_qty"), CANCELLED: -exact(after, "cancelled_qty")}
        return {"new orders": exact(after, "ordered_qty"), **so_far}
    back, on_shelf = exact(before, "backordered_qty"), exact(before, "open_qty") - exact(before, "backordered_qty")
    since = after or known
    if since is None:
        return {"no longer known": -(back if part == BACKORDERED else back + on_shelf)}
    grew = {step: exact(since, name) - exact(before, name) for step, name in
            ((SHIPPED, "shipped_qty"), (CANCELLED, "cancelled_qty"), (QUANTITY, "ordered_qty"))}  # fmt: skip
    grew = {SHIPPED: -grew[SHIPPED], CANCELLED: -grew[CANCELLED], QUANTITY: grew[QUANTITY]}
    there = back + on_shelf + sum(number for number in grew.values() if number > 0)
    steps: dict[str, int] = {step: max(number, 0) for step, number in grew.items()}
    took = {}
    for step, number in grew.items():
        took[step] = min(-number, there) if number < 0 else 0
        there -= took[step]
    if part == OPEN:
        open_now = exact(after, "open_qty") if after else 0
        return {**{step: steps[step] - took[step] for step in steps}, "no longer known": open_now - there}
    found: Counter[str] = Counter()
    added_back = back_now
    for step in (QUANTITY, CANCELLED, SHIPPED):
        found[step] += min(steps[step], added_back)
        added_back -= min(steps[step], added_back)
    from_front = max(took[SHIPPED] - on_shelf, 0)
    for step, number in ((SHIPPED, from_front), (CANCELLED, took[CANCELLED]), (QUANTITY, took[QUANTITY])):
        found[step] -= min(number, back)
        back -= min(number, back)
    turned = added_back - back
    if turned < 0 and not after:
        found["no longer known"] = turned
    else:
        found[UNCOVERED if turned > 0 else COVERED] = turned
    return found


def slow_loop(opening: State, closing: State, gone: pd.DataFrame, part: str) -> LineSteps:
    """Line by line and step by step."""
    then, now, known = (
        {(row["order_id"], row["line_no"]): row for row in frame.to_dict("records")}
        for frame in (opening.lines, closing.lines, gone)
    )
    found: LineSteps = {}
    order = [*ENTERS_BY[:2], SHIPPED, CANCELLED, QUANTITY, UNCOVERED, COVERED, "no longer known"]
    for key in {**then, **now}:
        before, after = then.get(key), now.get(key)
        flows = slow_units(before, after, known.get(key), part, opening.day)
        was, is_now = (exact(row, f"{part}_qty") if row else 0 for row in (before, after))
        base = (before or after or {})["unit_price"]
        enters, leaves = was == 0 and is_now > 0, was > 0 and is_now == 0
        by = next((step for step in ENTERS_BY if flows.get(step, 0) > 0), "") if enters else ""
        by = next((step for step in LEAVES_BY if flows.get(step, 0) < 0), "") if leaves else by
        running = was
        for step in order:
            if number := flows.get(step, 0):
                money = value_of(running + number, base) - value_of(running, base)
                found[*key, step] = (int(enters) - int(leaves) if step == by else 0, number, money)
                running += number
        if repriced := (value_of(is_now, after["unit_price"]) - value_of(is_now, base) if after else 0):
            found[*key, "price"] = (0, 0, repriced)
    return found


def as_dict(lines: pd.DataFrame) -> LineSteps:
    columns = ("lines", "qty_thousandths", "value_ten_thousandths")
    measures = zip(*(lines[name].tolist() for name in columns), strict=True)
    return dict(zip(zip(lines["order_id"], lines["line_no"], lines["step"], strict=True), measures, strict=True))


@thoroughly
@given(comparisons())
def test_the_lines_behind_the_bridge_are_those_of_the_slow_obvious_loop(sides: Comparison) -> None:
    for part in PARTS:
        lines = sides.lines(part)
        assert as_dict(lines) == slow_loop(sides.opening, sides.closing, sides.left, part)
        assert len(lines) == len(as_dict(lines))
    assert_all_adds_up(sides)


@moderately
@given(comparisons(), st.sampled_from(PARTS), st.sampled_from([None, *SPLITS]))
def test_the_lines_of_a_step_and_group_add_up_to_its_bar(sides: Comparison, part: str, split: str | None) -> None:
    for group, steps in by_group(sides.bridge(part, split)).items():
        for step in set(steps) - {"opening", "closing"}:
            lines = sides.lines(part, split, step=step, group=None if split is None else group)
            sums = lines[["lines", "qty_thousandths", "value_ten_thousandths"]].sum()
            assert tuple(sums.tolist()) == steps[step]


@moderately
@given(books, books)
def test_between_any_two_plans_nothing_is_left_over_and_both_ends_are_what_the_overview_shows(
    then: Book, now: Book
) -> None:
    plans = [make_plan(each, DEFAULT_RULE) for each in (then, now)]
    sides = Comparison(*(state_of(plan) for plan in plans), left(("SO-2", 9, 9, 0)))
    assert_all_adds_up(sides)
    for part in PARTS:
        steps = told(sides.bridge(part))
        for end, plan in zip(("opening", "closing"), plans, strict=True):
            shown = totals(plan.backlog).set_index("concept").loc[part]
            assert steps.get(end, (0, 0, 0)) == (shown["lines"], shown["units"], shown["money"])
