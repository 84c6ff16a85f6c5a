"""Long lists in pages: the address of the next one, and lists that are kept so that it need not be made anew."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from itertools import islice
from threading import Lock
from typing import Generic, TypeVar
from urllib.parse import urlencode

from anyhub.server.call import Call

T = TypeVar("T")


def next_page(call: Call, **changed: str) -> dict[str, str]:
    """Return the header that leads to the next page (RFC 8288), by an absolute address.

    Args:
        call (`Call`): The request for this page.
        changed: Parameters after ``?`` that the next request has instead of, or beside, those of this one.
    """
    query = [(name, value) for name, value in call.query if name not in changed]
    address = f"{call.base_url}{call.route.path(**call.parts)}?{urlencode([*query, *changed.items()])}"
    return {"Link": f'<{address}>; rel="next"'}


def one_page(call: Call, lines: Iterable[T], most: int) -> tuple[list[T], dict[str, str]]:
    """Return the page of a list that a request asks for, and the header that leads to the next one.

    Args:
        call (`Call`): Has in ``limit`` how many lines are asked for, and in ``cursor`` how many came before.
        lines: The whole list.
        most (`int`): How many lines a page has, at most.
    """
    limit, start = call.number("limit", most, least=1, most=most), call.number("cursor", 0)
    page = list(islice(lines, start, start + limit + 1))
    return page[:limit], next_page(call, cursor=str(start + limit)) if len(page) > limit else {}


class Kept(Generic[T]):
    """The listings that were asked for last, by what determines them entirely, such as a commit id and a folder.

    Args:
        most (`int`): How many lines are kept, of all listings together.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._listings: OrderedDict[Hashable, tuple[T, ...]] = OrderedDict()
        self._lines = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Iterable[T]]) -> tuple[T, ...]:
        """Return a listing; made now, when it is not kept."""
        with self._lock:
            found = self._listings.get(key)
            if found is not None:
                self._listings.move_to_end(key)
                return found
        made = tuple(make())
        with self._lock:
            if key not in self._listings and len(made) <= self._most:
                self._listings[key] = made
                self._lines += len(made)
            while self._lines > self._most:
                _, dropped = self._listings.popitem(last=False)
                self._lines -= len(dropped)
        return made
