"""Every error that a user can meet, with a message written for that reader.

BackordersError                    what is wrong, where, and what to do
├── SettingsError                  a setting cannot be used
├── StoreError                     the store cannot be used
│   ├── StoreUnreachableError      it does not answer
│   ├── StoreVersionError          it was written by another version of the program
│   └── StoreNotEmptyError         it holds data already where an empty one is needed
├── RefusedDataError               a file, a query or a form holds what cannot be taken
│   ├── UnreadableFileError        the file cannot be read as a table at all
│   ├── ColumnsError               columns are missing, doubled or ambiguous
│   └── RefusedRowsError           rows are refused and nothing was written
└── NotAllowedError                the role does not permit it
"""

from __future__ import annotations


class BackordersError(Exception):
    """What is wrong, where, and what to do, in one sentence or two."""


class SettingsError(BackordersError):
    """A setting cannot be used."""


class StoreError(BackordersError):
    """The store cannot be used."""


class StoreUnreachableError(StoreError):
    """The store does not answer."""


class StoreVersionError(StoreError):
    """The store was written by another version of the program."""


class StoreNotEmptyError(StoreError):
    """The store holds data already where an empty one is needed."""


class RefusedDataError(BackordersError):
    """A file, a query or a form holds what cannot be taken."""


class UnreadableFileError(RefusedDataError):
    """The file cannot be read as a table at all."""


class ColumnsError(RefusedDataError):
    """Columns are missing, doubled or ambiguous."""


class RefusedRowsError(RefusedDataError):
    """Rows are refused and nothing was written."""


class NotAllowedError(BackordersError):
    """The role does not permit it."""
