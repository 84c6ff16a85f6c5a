"""Search over HTTP: filters, sorts and pages, and nothing of what the caller may not see."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from asking import Asker, added

from anyhub.testing.server import running_hub


@pytest.fixture(scope="module")
def people() -> Iterator[tuple[Asker, Asker]]:
    with running_hub() as hub:
        ada, bob = (Asker(hub.endpoint, hub.create_user(name)) for name in ("ada", "bob"))
        for number in range(5):
            ada.create(f"net-{number}")
        card = b"---\nlicense: mit\npipeline_tag: fill-mask\nlibrary_name: torch\ntags: [tiny]\n---\n"
        ada.commit("ada/net-1", added("README.md", card), added("config.json", b'{"model_type": "bert"}'))
        ada.ask("PUT", "/api/models/ada/net-2/settings", {"gated": "auto"})
        ada.create("hidden", private=True)
        bob.create("other")
        ada.create("data", type="dataset")
        yield ada, bob


@pytest.fixture
def ada(people: tuple[Asker, Asker]) -> Asker:
    return people[0]


@pytest.fixture
def bob(people: tuple[Asker, Asker]) -> Asker:
    return people[1]


def found(asker: Asker, query: str, kind: str = "models") -> list[str]:
    return [line["id"] for line in asker.get(f"/api/{kind}?{query}").json]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("author=bob", {"bob/other"}),
        ("search=NET-3", {"ada/net-3"}),
        ("search=ada&search=net-3", {"ada/net-3"}),
        ("search=zzz", set()),
        ("filter=tiny", {"ada/net-1"}),
        ("filter=tiny&filter=license:mit", {"ada/net-1"}),
        ("filter=tiny,zzz", set()),
        ("pipeline_tag=fill-mask", {"ada/net-1"}),
        ("library=torch", {"ada/net-1"}),
        ("gated=true", {"ada/net-2"}),
        ("num_parameters=min:1", set()),
        ("inference_provider=all", set()),
        ("inference=warm", set()),
    ],
)
def test_each_filter_leaves_what_it_says(ada: Asker, query: str, names: set[str]) -> None:
    assert set(found(ada, query)) == names


def test_kinds_are_told_apart(ada: Asker) -> None:
    assert found(ada, "", "datasets") == ["ada/data"]
    assert found(ada, "", "spaces") == []


def test_what_is_private_is_found_by_its_owner_alone(ada: Asker, bob: Asker) -> None:
    assert "ada/hidden" in found(ada, "author=ada")
    assert found(bob, "search=hidden") == []
    assert bob.get("/api/quicksearch?q=hidden").json["models"] == []
    assert "hidden" not in bob.get("/api/trending").body.decode()
    assert ada.get("/api/quicksearch?q=hidden").json["models"][0]["id"] == "ada/hidden"


@pytest.mark.parametrize("sort", ["lastModified", "createdAt", "likes", "downloads", "trendingScore", "last_modified"])
@pytest.mark.parametrize("limit", [2, 3])
def test_pages_lead_to_each_other_in_every_order(ada: Asker, sort: str, limit: int) -> None:
    whole = found(ada, f"sort={sort}")
    assert len(whole) == 7
    address, seen = f"/api/models?sort={sort}&limit={limit}", []
    while address:
        reply = ada.get(address)
        assert len(reply.json) <= limit
        seen += [line["id"] for line in reply.json]
        address = reply.headers.get("link", "").partition(">")[0].removeprefix("<")
        assert not address or address.startswith(f"{ada.endpoint}/api/models?")
    assert seen == whole


def test_the_order_can_be_turned(ada: Asker) -> None:
    down = found(ada, "sort=createdAt&direction=-1")
    assert found(ada, "sort=createdAt&direction=1") == down[::-1]
    assert found(ada, "sort=createdAt") == down
    assert ada.get("/api/models?sort=bogus").status == 400


def test_what_costs_something_is_told_only_when_asked(ada: Asker) -> None:
    (line,) = ada.get("/api/models?filter=tiny").json
    assert not {"cardData", "config", "siblings"} & set(line)
    assert (line["pipeline_tag"], line["library_name"], line["modelId"]) == ("fill-mask", "torch", "ada/net-1")
    (line,) = ada.get("/api/models?filter=tiny&full=True&cardData=True&config=True").json
    assert line["cardData"]["license"] == "mit"
    assert line["config"]["model_type"] == "bert"
    assert {"rfilename": "config.json"} in line["siblings"]
    (line,) = ada.get("/api/models?filter=tiny&expand=config&expand=nonsense").json
    assert set(line) == {"_id", "id", "config"}


@pytest.mark.parametrize("wrong", ["limit=x", "num_parameters=big", "num_parameters=min:-1", "sort=../x"])
def test_a_parameter_that_means_nothing_is_refused(ada: Asker, wrong: str) -> None:
    assert ada.get(f"/api/models?{wrong}").status == 400


def test_no_limit_is_above_the_largest(ada: Asker) -> None:
    assert ada.get("/api/models?limit=100000000").status == 200


def test_tags_in_use_are_listed_by_their_kind(ada: Asker) -> None:
    told = ada.get("/api/models-tags-by-type").json
    assert {"id": "license:mit", "label": "mit", "type": "license"} in told["license"]
    assert [tag["id"] for tag in told["pipeline_tag"]] == ["fill-mask"]
    assert [tag["id"] for tag in told["library"]] == ["torch"]
    assert "tiny" in [tag["id"] for tag in told["other"]]


def test_tags_are_none_for_who_has_not_logged_in_since_clients_send_no_token_there(ada: Asker) -> None:
    reply = Asker(ada.endpoint).get("/api/models-tags-by-type")
    assert reply.status == 200
    assert not any(reply.json.values())


def test_what_many_look_at_comes_first(ada: Asker) -> None:
    ada.get("/ada/net-1/resolve/main/config.json")
    until = time.monotonic() + 30  # downloads are counted within a second
    while not ada.get("/api/models/ada/net-1").json["downloads"] and time.monotonic() < until:
        time.sleep(0.05)
    told = ada.get("/api/trending?limit=3").json["recentlyTrending"]
    assert (told[0]["repoData"]["id"], told[0]["repoType"]) == ("ada/net-1", "model")
    assert len(told) == 3


def test_the_callers_repositories_are_listed_with_their_bytes(ada: Asker) -> None:
    told = {(line["type"], line["id"]): line for line in ada.get("/api/settings/repositories").json}
    assert told[("model", "ada/hidden")]["visibility"] == "private"
    assert told[("dataset", "ada/data")]["storage"] == 0
    assert ("model", "bob/other") not in told
    assert Asker(ada.endpoint).get("/api/settings/repositories").status == 401
    assert ada.get("/api/organizations/nope/settings/repositories").status == 404
