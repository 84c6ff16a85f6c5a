"""What is said of people and their talk comes out of JSON as it went in, and nothing malformed gets through."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from anyhub.community import AccessRequest, Collection, CollectionItem, Discussion, Event, Watched, Webhook
from anyhub.errors import CorruptFileError, UnsupportedError, ValidationError
from anyhub.people import AccessToken, DeviceCode, Membership, Organization, Principal, Scope, User
from anyhub.values import RepoId
from anyhub.wire.bodies import community, discussions, people

NOW = datetime(2026, 1, 31, 12, 30, 45, 678000, tzinfo=UTC)
OID = "0123456789abcdef0123456789abcdef01234567"
REPO = RepoId("Ada", "x", "dataset")

COMMENT = Event("c0ffee", "comment", "ada", NOW, content="Hello **you**", edited_at=NOW, edits=2)
EVENTS = (
    COMMENT,
    Event("c1", "comment", "ada", NOW, hidden=True, hidden_by="bob"),
    Event("c2", "status-change", "bob", NOW, status="closed"),
    Event("c3", "commit", "bob", NOW, subject="Add a file", oid=OID),
    Event("c4", "title-change", "bob", NOW, old_title="a", new_title="b"),
)
PULL_REQUEST = Discussion(
    7, "Mend it", "ada", "merged", True, NOW, comments=2, target="refs/heads/main", merge_commit=OID, events=EVENTS
)
USER = User("Ada", "Ada Lovelace", "ada@example.org", True, NOW)
SCOPE = Scope("dataset", "Ada/x", frozenset({"repo.write", "discussion.write"}))
TOKEN = AccessToken("t1", "Ada", "laptop", "fineGrained", (SCOPE,), NOW, expires_at=NOW, last_used_at=NOW)


def over_the_wire(spelled: Any) -> Any:
    """Return what the far end sees."""
    return json.loads(json.dumps(spelled))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.type}-{event.id}")
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert discussions.read_event(over_the_wire(discussions.spell_event(event))) == event


def test_a_pull_request_comes_back_with_all_that_happened_in_it() -> None:
    spelled = over_the_wire(discussions.spell_details(REPO, PULL_REQUEST, conflicts=["a.txt"], diff="diff --git"))

    assert discussions.read_discussion(spelled) == PULL_REQUEST
    assert discussions.read_conflicts(spelled) == ["a.txt"]
    assert spelled["diff"] == "diff --git"
    assert spelled["changes"] == {"base": "refs/heads/main", "mergeCommitId": OID}


def test_a_listed_discussion_comes_back_without_its_events() -> None:
    spelled = over_the_wire(discussions.spell_discussion(REPO, PULL_REQUEST))

    assert discussions.read_discussion(spelled) == replace(PULL_REQUEST, events=())
    assert spelled["repo"] == {"name": "Ada/x", "type": "dataset"}


def test_a_discussion_of_another_hub_is_read_without_our_own_fields() -> None:
    spelled = over_the_wire(discussions.spell_details(REPO, PULL_REQUEST))
    for name in ("targetBranch", "mergeCommitId", "numComments"):
        del spelled[name]
    spelled["events"].append({"id": "e9", "type": "pinning-change", "createdAt": "2026-01-31T12:00:00Z"})
    del spelled["author"]

    assert discussions.read_discussion(spelled) == replace(PULL_REQUEST, author="deleted")


def test_a_comment_in_html_is_escaped_text() -> None:
    spelled = discussions.spell_event(replace(COMMENT, content="<script>a</script>\nb\n\nc & d"))

    latest = spelled["data"]["latest"]
    assert latest["html"] == "<p>&lt;script&gt;a&lt;/script&gt;<br>b</p>\n<p>c &amp; d</p>"
    assert latest["raw"] == "<script>a</script>\nb\n\nc & d"


def test_the_history_of_a_comment_is_counted_and_bounded() -> None:
    spelled = discussions.spell_event(replace(COMMENT, edits=10**6))

    assert len(spelled["data"]["history"]) == discussions.MAX_HISTORY
    assert discussions.read_event(spelled).edits == 10**6


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"num": "7"}, "num"),
        ({"status": "odd"}, "status"),
        ({"createdAt": "yesterday"}, "createdAt"),
        ({"events": ["x"]}, "event"),
    ],
)
def test_a_malformed_discussion_is_refused_by_naming_what_is_wrong(change: dict[str, Any], named: str) -> None:
    with pytest.raises(CorruptFileError, match=named):
        discussions.read_discussion({**discussions.spell_details(REPO, PULL_REQUEST), **change})


def test_a_commit_event_takes_nothing_but_an_id_of_git() -> None:
    spelled = discussions.spell_event(EVENTS[3])
    spelled["data"]["oid"] = "../../etc/passwd"

    with pytest.raises(CorruptFileError, match="oid"):
        discussions.read_event(spelled)


@pytest.mark.parametrize(
    ("spell", "read", "value"),
    [
        (people.spell_user, people.read_user, USER),
        (people.spell_organization, people.read_organization, Organization("Lab", "The Lab", NOW)),
        (people.spell_membership, people.read_membership, Membership("Lab", "Ada", "contributor")),
        (people.spell_scope, people.read_scope, SCOPE),
        (people.spell_token, people.read_token, TOKEN),
        (people.spell_token, people.read_token, AccessToken("t2", "Ada", "x", "read", (), NOW)),
    ],
)
def test_a_value_about_people_comes_back_as_it_was(
    spell: Callable[[Any], dict[str, Any]], read: Callable[[dict[str, Any]], Any], value: Any
) -> None:
    assert read(over_the_wire(spell(value))) == value


def test_who_asks_comes_back_with_the_token_and_the_places() -> None:
    asks = Principal(USER, replace(TOKEN, last_used_at=None), {"lab": "write"})

    spelled = over_the_wire(people.spell_principal(asks, [Organization("Lab", "The Lab", NOW)]))

    assert people.read_principal(spelled) == asks
    assert spelled["type"] == "user"
    assert spelled["orgs"][0]["roleInOrg"] == "write"
    assert spelled["auth"]["accessToken"]["displayName"] == "laptop"
    assert spelled["auth"]["accessToken"]["fineGrained"]["scoped"][0]["permissions"] == [
        "discussion.write",
        "repo.write",
    ]


def test_who_asks_is_read_of_a_hub_that_tells_the_least() -> None:
    asks = people.read_principal({"name": "ada", "auth": {"accessToken": {"role": "odd"}}})

    assert asks.name == "ada"
    assert asks.token is not None
    assert asks.token.role == "read"
    assert people.read_principal({"name": "ada"}).token is None


def test_a_secret_is_never_spelled_with_a_token() -> None:
    assert "secret" not in json.dumps(people.spell_token(TOKEN))


def test_a_login_that_was_begun_comes_back() -> None:
    code = DeviceCode("d" * 43, "ABCD-EFGH", 600, 5)

    spelled = over_the_wire(people.spell_device_code(code, "https://hub.example/device"))

    assert people.read_device_code(spelled) == code
    assert spelled["verification_uri_complete"] == "https://hub.example/device?user_code=ABCD-EFGH"


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (people.read_user, {}),
        (people.read_membership, {"organization": "a", "user": "b", "role": "owner"}),
        (people.read_token, {**people.spell_token(TOKEN), "role": "root"}),
        (people.read_scope, {"kind": "planet", "name": "x"}),
    ],
)
def test_a_malformed_value_about_people_is_refused(
    read: Callable[[dict[str, Any]], Any], content: dict[str, Any]
) -> None:
    with pytest.raises(CorruptFileError):
        read(content)


def test_one_account_has_one_id_whatever_the_case() -> None:
    assert people.account_id("Ada") == people.account_id("ada") != people.account_id("bob")
    assert len(people.account_id("ada")) == 24


def test_a_request_for_access_has_an_id_and_what_its_owner_may_know() -> None:
    request = AccessRequest("Ada", "pending", NOW, {"why": "research"})

    spelled = over_the_wire(community.spell_access_request(request, USER))

    assert spelled["requestId"] == community.request_id(request)
    assert spelled["user"]["user"] == "Ada"
    assert spelled["user"]["email"] == "ada@example.org"
    assert spelled["fields"] == {"why": "research"}
    assert community.spell_access_request(request, None)["user"]["email"] == ""


def test_a_collection_has_a_place_when_shown_and_none_when_listed() -> None:
    item = CollectionItem("i1", REPO, "see <this>", 3)
    collection = Collection("ada/mine-1", "Mine", "", "ada", False, "orange", NOW, items=(item,))

    assert community.spell_collection(collection, "user")["position"] == 0
    listed = community.spell_listed_collection(collection, "user")
    assert "position" not in listed
    assert listed["items"][0]["note"] == {"text": "see <this>", "html": "see &lt;this&gt;"}
    assert listed["items"][0]["type"] == "dataset"


@pytest.mark.parametrize("kind", ["paper", "collection", "bucket"])
def test_what_a_collection_can_not_hold_is_unsupported(kind: str) -> None:
    with pytest.raises(UnsupportedError, match=kind):
        community.read_item_type(kind)
    with pytest.raises(ValidationError):
        community.read_item_type("planet")


def test_a_webhook_watches_what_its_json_names() -> None:
    watched = (Watched("model", "ada/x"), Watched("org", "lab"))
    spelled = over_the_wire(community.spell_webhook(Webhook("w", "ada", "https://a.example", watched, ("repo",), "s")))

    assert community.read_watched(spelled["watched"]) == watched
    assert community.read_domains(spelled["domains"]) == ("repo",)
    assert spelled["disabled"] is False


@pytest.mark.parametrize(
    "lines", [["x"], [{"type": "planet", "name": "x"}], [{"type": "model"}], [{"name": "x"}] * 101]
)
def test_what_a_webhook_can_not_watch_is_refused(lines: list[Any]) -> None:
    with pytest.raises(ValidationError):
        community.read_watched(lines)


@pytest.mark.parametrize("names", [[], ["repo", "weather"], [["repo"]]])
def test_a_webhook_is_told_of_known_kinds_of_events_only(names: list[Any]) -> None:
    with pytest.raises(ValidationError):
        community.read_domains(names)
