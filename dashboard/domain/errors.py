"""Every error that a user can meet, with a message written for that reader.

BackordersError                    what is wrong, where, and what to do
├── SettingsError                  a setting cannot be used
├── AddressTakenError              another program serves there, which may end
├── StoreError                     the store cannot be used
│   ├── StoreUnreachableError      it does not answer
│   │   └── StoreBusyError         since somebody else writes to it
│   ├── StoreVersionError          it was written by another version of the program
│   ├── StoreNotEmptyError         it holds data already where an empty one is needed
│   └── NoSnapshotError            the frames of a day are not kept, or no longer
├── RefusedDataError               a file, a query or a form holds what cannot be taken
│   ├── UnreadableFileError        the file cannot be read as a table at all
│   ├── ColumnsError               columns are missing, doubled or ambiguous
│   │   └── OpenQuestionError      one can be read in two ways, and nobody said in which
│   ├── RefusedRowsError           rows are refused and nothing was written
│   └── RefusedChangeError         dates, quantities or promises that cannot be set
├── ConflictError                  somebody changed what was to be changed; nothing was written
├── StaleError                     the data changed since the effect was shown; nothing was written
└── NotAllowedError                the role does not permit it
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Conflict:
    """One line that somebody else changed: its id as shown, and who changed what to what and when, in a sentence."""

    line: str
    sentence: str


class BackordersError(Exception):
    """What is wrong, where, and what to do, in one sentence or two."""


class SettingsError(BackordersError):
    """A setting cannot be used."""


class AddressTakenError(BackordersError):
    """Another program serves at that address; it may end, so that trying again can help."""


class StoreError(BackordersError):
    """The store cannot be used. where: its address as the sentence names it, "" where it names none."""

    def __init__(self, sentence: str = "", where: str = "") -> None:
        super().__init__(sentence)
        self.where = where

    @property
    def sentence_without_address(self) -> str:
        """The same for those who need not know where the store is."""
        return str(self).replace(f" at {self.where}", "") if self.where else str(self)


class StoreUnreachableError(StoreError):
    """The store does not answer."""


class StoreBusyError(StoreUnreachableError):
    """Somebody else writes to it for longer than one waits."""


class StoreVersionError(StoreError):
    """The store was written by another version of the program."""


class StoreNotEmptyError(StoreError):
    """The store holds data already where an empty one is needed."""


class NoSnapshotError(StoreError):
    """The frames of a day are not kept, or no longer."""


class RefusedDataError(BackordersError):
    """A file, a query or a form holds what cannot be taken."""


class UnreadableFileError(RefusedDataError):
    """The file cannot be read as a table at all."""


class ColumnsError(RefusedDataError):
    """Columns are missing, doubled or ambiguous."""


class OpenQuestionError(ColumnsError):
    """A column can be read in two ways, and nobody said in which.

    question: what is open, in a sentence; about: "dates" or "decimal"; answer: how to say it there, in another one.
    """

    def __init__(self, question: str, about: str, answer: str) -> None:
        self.question, self.about = question, about
        super().__init__(f"{question} {answer}")


class RefusedRowsError(RefusedDataError):
    """Rows are refused and nothing was written."""


class RefusedChangeError(RefusedDataError):
    """Dates, quantities or promises that cannot be set; nothing was written."""


class ConflictError(BackordersError):
    """Somebody changed what was to be changed; nothing was written. conflicts: one per line concerned; advice: a
    sentence that says what to do.
    """

    def __init__(self, conflicts: Sequence[Conflict], advice: str = "Look at the new state and save again.") -> None:
        self.conflicts = tuple(conflicts)
        first = self.conflicts[0].sentence
        more = f" And {len(self.conflicts) - 1} more." if len(self.conflicts) > 1 else ""
        super().__init__(f"Nothing was saved: {first}{more} {advice}")


class StaleError(BackordersError):
    """The data changed since the effect was shown; nothing was written."""


class NotAllowedError(BackordersError):
    """The role does not permit it."""
