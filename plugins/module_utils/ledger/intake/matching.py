"""Which thing of the ledger a row of the list is: by several keys, which must agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...common.problems import Problem
from ..book import Book, Key, Row
from .profile import Profile

Place = tuple[str, Key]
#: a key's class and value: ``("mac", "024b54000001")``; columns of one class share their values
_Token = tuple[str, str]
_SEPARATOR = "\x1f"


class Index:
    """The keys of a ledger and of those that share values with it."""

    def __init__(self, book: Book, profile: Profile) -> None:
        self.schema = book.schema(profile.ledger)
        self.profile = profile
        self._classes = {name: self._class(name) for name in profile.match}
        #: columns of the ledger whose key is several columns count only together
        self._together = self.schema.key if len(self.schema.key) > 1 and set(self.schema.key) <= set(profile.match) else ()
        self.own: dict[_Token, Place] = {}
        self.others: dict[_Token, str] = {}
        for layer in book.files(profile.ledger):
            for key, row in book.rows(profile.ledger, layer).items():
                for token in self._row_tokens(row):
                    self.own.setdefault(token, (layer, key))
        for ledger, schema in book.schemas.ledgers.items():
            if ledger == profile.ledger:
                continue
            columns = [(name, kind) for kind in set(self._classes.values()) for name in schema.global_columns(kind)]
            for layer in book.files(ledger) if columns else ():
                for key, row in book.rows(ledger, layer).items():
                    for name, kind in columns:
                        if row[name]:
                            self.others.setdefault((kind, row[name]), f"{schema.document['title']} {key[0]}")

    def tokens(self, values: Mapping[str, str]) -> dict[_Token, str]:
        """The keys of a row of the list: token and the column that it stands in."""
        found: dict[_Token, str] = {}
        if self._together and all(values.get(name) for name in self._together):
            found["", _SEPARATOR.join(values[name] for name in self._together)] = self._together[0]
        for name, kind in self._classes.items():
            if values.get(name) and name not in self._together:
                found[kind, values[name]] = name
        return found

    def holders(self, values: Mapping[str, str]) -> dict[Place, list[str]]:
        """Rows of the ledger that the keys point to, each with the columns that do."""
        found: dict[Place, list[str]] = {}
        for token, name in self.tokens(values).items():
            if place := self.own.get(token):
                found.setdefault(place, []).append(name)
        return found

    def elsewhere(self, values: Mapping[str, str], place: str) -> Iterator[Problem]:
        """E0743: keys that a row of another ledger has."""
        for token, name in self.tokens(values).items():
            if holder := self.others.get(token):
                yield Problem("E0743", place, 0, 0, {"title": self.schema.title(name), "value": values[name], "holder": holder})

    def _class(self, name: str) -> str:
        return str(self.schema.properties[name].get("x-global", name))

    def _row_tokens(self, row: Row) -> Iterator[_Token]:
        if self._together:
            yield "", _SEPARATOR.join(row[name] for name in self._together)
        for kind in set(self._classes.values()):
            for name in self.schema.global_columns(kind) or ([kind] if kind in row else []):
                if row[name] and name not in self._together:
                    yield kind, row[name]
