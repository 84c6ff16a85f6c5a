"""The commands about the cache, with files that were loaded from a running hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from anyhub import HfApi, hf_hub_download
from anyhub.cli.main import main
from anyhub.server.embedded import RunningHub

Run = Callable[..., Any]


@pytest.fixture
def load(served: RunningHub) -> Callable[[], Path]:
    token = served.admin_token
    api = HfApi(endpoint=served.endpoint, token=token)
    api.create_repo("ada/x")
    api.upload_file(path_or_fileobj=b"12345", path_in_repo="a.bin", repo_id="ada/x")
    return lambda: Path(hf_hub_download("ada/x", "a.bin", endpoint=served.endpoint, token=token))


def test_the_cache_is_listed(told: Run, load: Callable[[], Path]) -> None:
    load()
    (found,) = told("cache", "ls", "--json")
    assert (found["id"], found["size"], found["revisions"][0]["refs"]) == ("ada/x", 5, ["main"])
    assert told("cache", "ls").endswith("5 B in all\n")


def test_damage_is_told_with_1_and_mended_by_the_next_load(told: Run, load: Callable[[], Path]) -> None:
    blob = load().resolve()
    assert "All files" in told("cache", "verify")
    blob.chmod(0o644)
    blob.write_bytes(b"1234x")
    assert "--remove" in told("cache", "verify", code=1)
    (damaged,) = told("cache", "verify", "--remove", "--json")
    assert damaged["path"] == str(blob)
    assert load().read_bytes() == b"12345"


def test_the_cache_is_pruned_to_a_size(told: Run, load: Callable[[], Path]) -> None:
    path = load()
    assert "0 B freed, 5 B left" in told("cache", "prune", "--max-size", "5")
    assert "5 B would be freed" in told("cache", "prune", "--max-size", "0", "--dry-run")
    assert path.exists()
    done = told("cache", "prune", "--max-size", "0", "--json")
    assert (done["freed"], done["left"], len(done["removed"])) == (5, 0, 1)
    assert not path.exists()


@pytest.mark.parametrize("size", ["many", "-1", "1X", ""])
def test_a_size_that_is_none_is_refused(size: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["cache", "prune", f"--max-size={size}"])
    assert stopped.value.code == 2
