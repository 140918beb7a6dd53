"""Which state of the data something was made from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Version:
    """Which state of which store.

    data_revision: raised by every write; facts_revision: by those that the ledgers do not tell.
    move_id, promise_id: the last row of each ledger.
    """

    store_id: str
    data_revision: int
    facts_revision: int
    move_id: int
    promise_id: int

    @property
    def facts(self) -> str:
        """What tells imported data from that of any other version."""
        return f"{self.store_id}/{self.facts_revision}"

    @property
    def moved(self) -> str:
        """The same with restock dates."""
        return f"{self.facts}/m{self.move_id}"

    @property
    def promised(self) -> str:
        """The same with promises."""
        return f"{self.facts}/p{self.promise_id}"

    @property
    def whole(self) -> str:
        """The same with both."""
        return f"{self.moved}/p{self.promise_id}"

    def has_facts_of(self, other: Version) -> bool:
        """Whether only moves, promises and decisions lie between this version and the other one."""
        return self.facts == other.facts
