"""Takes many rows of a table at once where every cell is plainly what its column should hold."""

import re
from collections.abc import Iterator, Sequence
from itertools import compress, count, repeat
from typing import Any

from users_app.files.columns import APP_REGID, BIND_ID, TAG, USERID
from users_app.files.sheet import Sheet, SheetRow
from users_app.files.text import Surplus
from users_app.files.values import Value
from users_app.rows import RowReader, Scope
from users_app.staging import Chunk, StagedRow

# What may be a number that Excel has changed is not plain.
_ID = r"(?![0-9.]+[Ee]-)[0-9A-Za-z_-]"
_PLAIN = {
    USERID: r"(?![0-9.]+[Ee]-)[0-9A-Za-z_@.-]{1,64}",
    APP_REGID: rf"{_ID}{{1,64}}",
    TAG: r"(?:[0-9A-Za-z_]{1,40}(?=[\n,;])|[0-9A-Za-z_\u4e00-\u9fff]{1,13})",
    "phone": r"\+?[0-9]{1,31}",
    "email": r"[0-9A-Za-z_.-]{1,64}@[0-9A-Za-z.-]{1,64}",
    "wechatwk_linkedcorp_userid": rf"{_ID}{{1,64}}/[0-9A-Za-z_-]{{1,64}}",
}
_LISTS = frozenset({APP_REGID, TAG, "wechatwk_linkedcorp_userid"})
_SEPARATOR = re.compile(r"[,;] ?")
_MAX_SHAPES = 10_000

# Of a row: the text of its bind_id, and which of the other cells are filled.
Shape = tuple[str, tuple[bool, ...]]


class PlainRows:
    """Says the same of a row as `RowReader`, which it asks once for each shape of row."""

    def __init__(self, sheet: Sheet, reader: RowReader) -> None:
        self._reader = reader
        self._untyped = sheet.untyped
        self._userid = sheet.columns[USERID]
        self._bind_id = sheet.columns.get(BIND_ID)
        self._names = [column.key.partition(":")[0] for column in reader.columns]
        self._patterns = {self._userid: _pattern(USERID, sheet.padded.get(USERID))} | {
            column.place: _pattern(name, sheet.padded.get(column.key))
            for column, name in zip(reader.columns, self._names, strict=True)
        }
        # The scope of each column's values, None where it has none.
        self._scopes: dict[Shape, list[Scope | None]] = {}

    def take(self, first: int, rows: Sequence[list[Value]], chunk: Chunk) -> bool:
        """Add all of `rows`, of which the first is number `first`; False, and nothing added, if one
        of them needs a closer look.
        """
        cells: list[tuple[Any, ...]] = list(zip(*rows, strict=True))
        texts = self._plain_texts(cells)
        if texts is None:
            return False
        shapes = self._shapes(cells)
        if not self._learn(shapes, rows):
            return False
        for place, column in enumerate(self._reader.columns):
            values = cells[column.place]
            marks = repeat(int(column.present)), repeat(int(column.replaces))
            scopes = [self._scopes[shape][place] for shape in shapes]
            staged = zip(cells[self._userid], scopes, values, *marks, count(first), strict=False)
            filled: Iterator[Any] = compress(staged, values)
            is_list = self._names[place] in _LISTS and _SEPARATOR.search(texts[column.place])
            chunk.rows[column.kind].extend(_each_value(filled) if is_list else filled)
        return True

    def _plain_texts(self, cells: Sequence[tuple[Any, ...]]) -> dict[int, str] | None:
        """What stands in each column, a line for each cell; None if one of them is not plain."""
        if self._untyped and any(type(value) is Surplus for value in cells[-1]):
            return None
        texts = {}
        try:
            if self._bind_id is not None:
                "".join(cells[self._bind_id])
            for place, pattern in self._patterns.items():
                texts[place] = text = "\n".join(cells[place]) + "\n"
                if text.count("\n") > len(cells[place]) or not pattern.fullmatch(text):
                    return None
        except TypeError:  # a cell that is no text
            return None
        return texts

    def _shapes(self, cells: Sequence[tuple[Any, ...]]) -> list[Shape]:
        bind_ids = repeat("") if self._bind_id is None else cells[self._bind_id]
        filled = (map(bool, cells[column.place]) for column in self._reader.columns)
        return list(zip(bind_ids, zip(*filled, strict=True), strict=False))

    def _learn(self, shapes: Sequence[Shape], rows: Sequence[Sequence[Value]]) -> bool:
        """From one row of each shape that is new; False if it has a problem."""
        if len(self._scopes) > _MAX_SHAPES:
            self._scopes.clear()
        if not (new := set(shapes).difference(self._scopes)):
            return True
        examples = dict(zip(shapes, rows, strict=True))
        return all(self._learn_from(shape, examples[shape]) for shape in new)

    def _learn_from(self, shape: Shape, example: Sequence[Value]) -> bool:
        values = list(example)
        for column, name in zip(self._reader.columns, self._names, strict=True):
            if name in _LISTS:
                values[column.place] = _SEPARATOR.split(str(values[column.place]))[0]
        change = self._reader.read(SheetRow(0, values)).change
        _bind_id, filled = shape
        if change is None or len(change.bindings) != sum(filled):
            return False
        scopes = iter([binding.scope for binding in change.bindings])
        self._scopes[shape] = [next(scopes) if has_value else None for has_value in filled]
        return True


def _pattern(name: str, padded: int | None) -> re.Pattern[str]:
    """One line for each cell, which may be empty but for a userid."""
    value = _PLAIN.get(name, rf"{_ID}{{1,128}}")
    if name in _LISTS:
        value = rf"{value}(?:[,;] ?{value})*+"
    if padded and padded > 1:  # where all are texts, fewer digits may have been a number
        value = rf"(?![1-9][0-9]{{0,{padded - 2}}}\n){value}"
    return re.compile(rf"(?:{value}\n)*+" if name == USERID else rf"(?:(?:{value})?\n)*+")


def _each_value(rows: Iterator[StagedRow]) -> Iterator[StagedRow]:
    for row in rows:
        if "," in row[2] or ";" in row[2]:
            userid, scope, values, present, replaces, position = row
            for value in _SEPARATOR.split(values):
                yield userid, scope, value, present, replaces, position
        else:
            yield row
