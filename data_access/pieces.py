"""The frames of snapshots in the store, in pieces, each kept once. Knows neither what a frame holds nor when it was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import pandas as pd
from sqlalchemy import Connection, Select, delete, exists, insert, select

from data_access.frames import from_pieces, from_some, some_columns
from data_access.schema import frame_chunks, snapshot_frames

_T = TypeVar("_T")

_AT_A_TIME = 500
"""Pieces that one statement asks for or writes: some megabytes."""


def write_frames(connection: Connection, snapshot_id: int, frames: Mapping[str, Sequence[bytes]]) -> None:
    """Keep the pieces of each frame for a snapshot; those that are there already are only referred to."""
    hashes = {name: [hashlib.sha256(piece).hexdigest() for piece in pieces] for name, pieces in frames.items()}
    content = {
        chunk_hash: piece
        for name, pieces in frames.items()
        for chunk_hash, piece in zip(hashes[name], pieces, strict=True)
    }
    new = sorted(content.keys() - _known(connection, list(content)))
    for part in _parts(new):
        rows = [{"chunk_hash": chunk_hash, "content": content[chunk_hash]} for chunk_hash in part]
        connection.execute(insert(frame_chunks), rows)
    connection.execute(
        insert(snapshot_frames),
        [
            {"snapshot_id": snapshot_id, "frame": name, "chunk_no": number, "chunk_hash": chunk_hash}
            for name, of_frame in hashes.items()
            for number, chunk_hash in enumerate(of_frame)
        ],
    )


def read_frames(connection: Connection, snapshot_id: int, names: Iterable[str]) -> dict[str, pd.DataFrame]:
    """The named frames of a snapshot, those that it has."""
    frame = snapshot_frames.c
    asked = _pieces(snapshot_id).where(frame.frame.in_(list(names))).order_by(frame.frame, frame.chunk_no)
    pieces: dict[str, list[bytes]] = {}
    for row in connection.execute(asked):
        pieces.setdefault(row.frame, []).append(bytes(row.content))
    return {name: from_pieces(of_frame) for name, of_frame in pieces.items()}


def read_columns(connection: Connection, snapshot_id: int, name: str, columns: Sequence[str]) -> pd.DataFrame | None:
    """Some columns of a frame of a snapshot, without reading the others; None where it has no such frame."""
    frame = snapshot_frames.c
    of_frame = _pieces(snapshot_id).where(frame.frame == name)
    head = connection.execute(of_frame.where(frame.chunk_no == 0)).first()
    if head is None:
        return None
    places = some_columns(bytes(head.content), columns)
    rows = [row for part in _parts(places) for row in connection.execute(of_frame.where(frame.chunk_no.in_(part)))]
    return from_some(bytes(head.content), {row.chunk_no: bytes(row.content) for row in rows}, columns)


def drop_unused(connection: Connection) -> None:
    """Take away the pieces that no snapshot refers to any more."""
    is_used = exists().where(snapshot_frames.c.chunk_hash == frame_chunks.c.chunk_hash)
    connection.execute(delete(frame_chunks).where(~is_used))


def _pieces(snapshot_id: int) -> Select[Any]:
    frame = snapshot_frames.c
    return (
        select(frame.frame, frame.chunk_no, frame_chunks.c.content)
        .join(frame_chunks, frame_chunks.c.chunk_hash == frame.chunk_hash)
        .where(frame.snapshot_id == snapshot_id)
    )


def _known(connection: Connection, hashes: Sequence[str]) -> set[str]:
    known = select(frame_chunks.c.chunk_hash)
    return {
        chunk_hash
        for part in _parts(hashes)
        for chunk_hash in connection.execute(known.where(frame_chunks.c.chunk_hash.in_(part))).scalars()
    }


def _parts(wanted: Sequence[_T]) -> list[Sequence[_T]]:
    return [wanted[start : start + _AT_A_TIME] for start in range(0, len(wanted), _AT_A_TIME)]
