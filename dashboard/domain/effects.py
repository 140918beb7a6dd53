"""What changes of restock dates do to the open order lines: before and after, line by line. Knows no store.

It is the same allocation as the backlog's, of the SKUs concerned alone, and so equals what the backlog shows once the
changes are saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard.domain.plan import Plan
from dashboard.domain.restocks import Change


@dataclass(frozen=True, eq=False)
class Effect:
    """What changes do, by the data of one revision.

    lines: one row per open order line for which the state, the expected date or what covers it changes.
    """

    data_revision: int
    lines: pd.DataFrame

    def is_same_as(self, other: Effect) -> bool:
        """Whether both do the same to the same lines, whatever the revision."""
        return self.lines.equals(other.lines)


def effect_of(plan: Plan, changes: Sequence[Change]) -> Effect:
    """What the changes do to the open order lines of a plan."""
    raise NotImplementedError
