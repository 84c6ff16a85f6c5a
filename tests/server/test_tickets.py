"""Tickets: good for what they say, until they expire, and for nothing else."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from anyhub.errors import ForbiddenError
from anyhub.server.tickets import Ticket, Tickets
from anyhub.values import Digest, RepoId

TICKET = Ticket("put", "dataset", "me", "data", "a" * 64, 10, "token-id", 2000)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Kept(dict[str, str]):
    def setting(self, name: str) -> str | None:
        return self.get(name)

    def set_setting(self, name: str, value: str) -> None:
        self[name] = value


def test_a_ticket_is_read_as_it_was_issued_and_is_one_segment_of_a_path() -> None:
    tickets = Tickets("secret", Clock())
    segment = tickets.issue(TICKET)
    assert set(segment) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    assert tickets.read(segment) == TICKET
    assert TICKET.repo == RepoId("me", "data", "dataset")
    assert TICKET.digest == Digest("a" * 64, 10)


def test_a_ticket_expires() -> None:
    clock = Clock()
    tickets = Tickets("secret", clock)
    segment = tickets.issue(replace(TICKET, expires_at=tickets.expiry(60)))
    clock.now += 60
    tickets.read(segment)
    clock.now += 1
    with pytest.raises(ForbiddenError, match="expired"):
        tickets.read(segment)


def test_a_ticket_that_was_changed_is_refused() -> None:
    tickets = Tickets("secret", Clock())
    text, signature = tickets.issue(TICKET).split(".")
    content = json.loads(base64.urlsafe_b64decode(text + "=="))
    changed = base64.urlsafe_b64encode(json.dumps(content | {"size": 11}).encode()).decode().rstrip("=")
    for segment in (f"{changed}.{signature}", f"{text}.{signature[:-2]}", text, f"{text}.", "", ".", "é.é", "x" * 3000):
        with pytest.raises(ForbiddenError, match="not one that the hub gave"):
            tickets.read(segment)


def test_a_ticket_of_another_hub_is_refused() -> None:
    with pytest.raises(ForbiddenError):
        Tickets("secret", Clock()).read(Tickets("another", Clock()).issue(TICKET))


def test_the_secret_is_made_once_and_kept() -> None:
    kept = Kept()
    segment = Tickets.of(kept).issue(replace(TICKET, expires_at=2**40))
    assert len(kept) == 1
    assert Tickets.of(kept).read(segment).sha256 == TICKET.sha256
    with pytest.raises(ForbiddenError):
        Tickets.of(Kept()).read(segment)


def test_the_parts_of_one_file_are_found_again_by_any_ticket_for_it() -> None:
    assert TICKET.upload == replace(TICKET, expires_at=9999).upload
    others = [
        replace(TICKET, token="other"),
        replace(TICKET, name="other"),
        replace(TICKET, sha256="b" * 64),
        replace(TICKET, size=11),
        replace(TICKET, part_bytes=5),
    ]
    assert len({TICKET.upload, *(other.upload for other in others)}) == 1 + len(others)
