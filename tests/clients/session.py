"""What a user of a stock client does in a day, step by step, on a hub that its environment names.

Run by the Python of a client's own environment, as ``python session.py``. Each step is a function that asserts what
its user would see; a line of JSON says of each how it ended. Only what every tested version of the client has is
called, and nothing of this project is imported.
"""

from __future__ import annotations

import inspect
import io
import json
import os
import struct
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

STEPS: dict[str, Callable[[Session], None]] = {}

LARGE = bytes(range(256)) * 50_000  # 12.8 MB: over the limit of what git keeps, and more than one part


class Session:
    """What the steps share: the client as two users, and where they work."""

    def __init__(self) -> None:
        from huggingface_hub import HfApi

        self.folder = Path(tempfile.mkdtemp())
        self.token = os.environ["HF_TOKEN"]
        self.api = HfApi()
        self.other = HfApi(token=os.environ["OTHER_TOKEN"])
        self.me = os.environ["USER_NAME"]
        self.tag = os.environ["SESSION_TAG"]
        self.repo = f"{self.me}/model-{self.tag}"

    def put(self, path: str, content: bytes, **options: Any) -> Any:
        return self.api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=self.repo, **options)

    def get(self, path: str, **options: Any) -> bytes:
        from huggingface_hub import hf_hub_download

        return Path(hf_hub_download(self.repo, path, **options)).read_bytes()


def step(function: Callable[[Session], None]) -> Callable[[Session], None]:
    STEPS[function.__name__] = function
    return function


def raises(name: str, call: Callable[[], Any]) -> BaseException:
    """Return the error of a call, which has to be of a class of this name."""
    found: BaseException | None = None
    try:
        call()
    except Exception as error:  # a client's errors have no common root
        found = error
    assert found is not None, f"no {name} was raised"
    assert name in [cls.__name__ for cls in type(found).__mro__], f"{type(found).__name__}: {found}"
    return found


@step
def whoami(session: Session) -> None:
    who = session.api.whoami()
    assert who["name"] == session.me
    assert who["type"] == "user"
    assert who["auth"]["accessToken"]["role"] == "write"
    assert [each["name"] for each in who["orgs"]] == ["lab"]
    from huggingface_hub import HfApi

    raises("Exception", lambda: HfApi(token="hf_wrong").whoami())


@step
def create(session: Session) -> None:
    url = session.api.create_repo(session.repo)
    assert url.repo_id == session.repo
    assert url.endpoint == os.environ["HF_ENDPOINT"]
    again = session.api.create_repo(session.repo, exist_ok=True)
    assert again.repo_id == session.repo
    raises("HTTPError", lambda: session.api.create_repo(session.repo))
    assert session.api.repo_exists(session.repo)
    assert not session.api.repo_exists(f"{session.me}/nothing-{session.tag}")


@step
def create_data_and_space(session: Session) -> None:
    data = f"{session.me}/data-{session.tag}"
    session.api.create_repo(data, repo_type="dataset", private=True)
    session.api.upload_file(path_or_fileobj=b"a,b\n1,2\n", path_in_repo="rows.csv", repo_id=data, repo_type="dataset")
    assert "rows.csv" in session.api.list_repo_files(data, repo_type="dataset")
    assert session.api.dataset_info(data).private is True
    space = f"{session.me}/space-{session.tag}"
    session.api.create_repo(space, repo_type="space", space_sdk="static")
    assert "README.md" in session.api.list_repo_files(space, repo_type="space")
    assert session.api.space_info(space).sdk == "static"


@step
def create_in_an_organisation(session: Session) -> None:
    name = f"lab/shared-{session.tag}"
    assert session.api.create_repo(name).repo_id == name
    session.api.delete_repo(name)


@step
def upload_bytes(session: Session) -> None:
    done = session.put("config.json", b'{"hidden_size": 8}', commit_message="Add config")
    assert len(done.oid) == 40
    assert done.commit_message == "Add config"
    assert session.get("config.json") == b'{"hidden_size": 8}'


@step
def upload_a_file_object(session: Session) -> None:
    session.put("notes/a b.txt", io.BytesIO(b"spaces and folders"))
    assert session.get("notes/a b.txt") == b"spaces and folders"


@step
def upload_an_empty_file(session: Session) -> None:
    session.put("empty.txt", b"")
    assert session.get("empty.txt") == b""


@step
def upload_a_large_file(session: Session) -> None:
    path = session.folder / "weights.bin"
    path.write_bytes(LARGE)
    session.api.upload_file(path_or_fileobj=str(path), path_in_repo="weights.bin", repo_id=session.repo)
    assert session.get("weights.bin") == LARGE


@step
def upload_the_same_again(session: Session) -> None:
    before = session.api.list_repo_commits(session.repo)
    session.put("weights.bin", LARGE)
    assert len(session.api.list_repo_commits(session.repo)) in (len(before), len(before) + 1)
    assert session.get("weights.bin") == LARGE


@step
def upload_a_folder(session: Session) -> None:
    folder = session.folder / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "README.md").write_text(
        "---\nlicense: mit\ntags: [tabular]\npipeline_tag: text-classification\n---\n# Hi\n"
    )
    (folder / "sub/deep.bin").write_bytes(b"\0\1\2" * 100)
    (folder / "left.out").write_text("no")
    session.api.upload_folder(repo_id=session.repo, folder_path=str(folder), ignore_patterns=["*.out"])
    files = session.api.list_repo_files(session.repo)
    assert {"README.md", "sub/deep.bin"} <= set(files)
    assert "left.out" not in files
    (folder / "sub/deep.bin").unlink()
    session.api.upload_folder(
        repo_id=session.repo, folder_path=str(folder), delete_patterns=["sub/*"], ignore_patterns=["*.out"]
    )
    assert "sub/deep.bin" not in session.api.list_repo_files(session.repo)


@step
def commit_many_operations(session: Session) -> None:
    from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete

    session.api.create_commit(
        session.repo,
        [
            CommitOperationAdd("many/one.txt", b"one"),
            CommitOperationAdd("many/two.bin", LARGE[: 11 * 2**20]),
            CommitOperationDelete("empty.txt"),
            CommitOperationCopy("weights.bin", "many/copy.bin"),
        ],
        commit_message="Many",
    )
    files = session.api.list_repo_files(session.repo)
    assert "empty.txt" not in files
    assert session.get("many/copy.bin") == LARGE
    session.api.delete_folder("many", session.repo)
    assert not [each for each in session.api.list_repo_files(session.repo) if each.startswith("many/")]


@step
def a_stale_parent_is_refused(session: Session) -> None:
    first = session.api.list_repo_commits(session.repo)[-1].commit_id
    error = raises("HTTPError", lambda: session.put("x.txt", b"x", parent_commit=first))
    assert error.response.status_code == 412  # type: ignore[attr-defined]


@step
def information(session: Session) -> None:
    info = session.api.model_info(session.repo, files_metadata=True)
    assert info.id == session.repo
    assert info.author == session.me
    assert info.private is False
    assert info.pipeline_tag == "text-classification"
    assert "license:mit" in info.tags
    assert info.card_data["license"] == "mit"
    by_name = {each.rfilename: each for each in info.siblings}
    assert by_name["weights.bin"].size == len(LARGE)
    assert len(by_name["weights.bin"].lfs["sha256"]) == 64
    assert by_name["config.json"].blob_id
    assert info.last_modified.tzinfo is not None
    if "expand" in inspect.signature(session.api.model_info).parameters:
        expanded = session.api.model_info(session.repo, expand=["downloads", "likes"])
        assert expanded.downloads is not None
    assert session.api.model_info(session.repo, revision="main").sha == info.sha


@step
def listing_a_tree(session: Session) -> None:
    entries = {each.path: each for each in session.api.list_repo_tree(session.repo, recursive=True, expand=True)}
    assert entries["weights.bin"].lfs["size"] == len(LARGE)
    assert entries["config.json"].last_commit["title"] == "Add config"
    assert "notes" in entries
    assert not hasattr(entries["notes"], "size")
    (found,) = session.api.get_paths_info(session.repo, ["config.json", "nothing.txt"])
    assert found.size == len(b'{"hidden_size": 8}')
    inside = [each.path for each in session.api.list_repo_tree(session.repo, "notes")]
    assert inside == ["notes/a b.txt"]


@step
def downloading(session: Session) -> None:
    from huggingface_hub import snapshot_download, try_to_load_from_cache

    commit = session.api.list_repo_commits(session.repo)[0].commit_id
    folder = Path(snapshot_download(session.repo, cache_dir=session.folder / "cache"))
    assert folder.name == commit
    assert (folder / "weights.bin").read_bytes() == LARGE
    local = session.folder / "local"
    snapshot_download(session.repo, local_dir=local, allow_patterns=["*.json"])
    assert (local / "config.json").exists()
    assert not (local / "weights.bin").exists()
    raises("EntryNotFoundError", lambda: session.get("nothing.txt"))
    assert try_to_load_from_cache(session.repo, "nothing.txt") is not None  # noted as absent
    raises("RevisionNotFoundError", lambda: session.get("config.json", revision="nothing"))
    assert session.get("config.json", revision=commit[:40]) == b'{"hidden_size": 8}'
    assert session.api.file_exists(session.repo, "config.json")
    assert not session.api.file_exists(session.repo, "nothing.txt")


@step
def file_metadata(session: Session) -> None:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    found = get_hf_file_metadata(hf_hub_url(session.repo, "weights.bin"))
    assert found.size == len(LARGE)
    assert len(found.etag) == 64
    assert len(found.commit_hash) == 40


@step
def safetensors_headers(session: Session) -> None:
    header = json.dumps({"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
    session.put("model.safetensors", struct.pack("<Q", len(header)) + header + bytes(24))
    assert session.api.get_safetensors_metadata(session.repo).parameter_count == {"F32": 6}
    assert session.api.model_info(session.repo).safetensors["total"] == 6


@step
def branches_and_tags(session: Session) -> None:
    api, repo = session.api, session.repo
    api.create_branch(repo, branch="side/one")
    session.put("side.txt", b"side", revision="side/one")
    assert session.get("side.txt", revision="side/one") == b"side"
    raises("HTTPError", lambda: api.create_branch(repo, branch="side/one"))
    api.create_branch(repo, branch="side/one", exist_ok=True)
    api.create_tag(repo, tag="v1.0", tag_message="First")
    raises("HTTPError", lambda: api.create_tag(repo, tag="v1.0"))
    refs = api.list_repo_refs(repo, include_pull_requests=True)
    assert {"main", "side/one"} == {each.name for each in refs.branches}
    assert [each.name for each in refs.tags] == ["v1.0"]
    assert session.get("config.json", revision="v1.0")
    api.delete_tag(repo, tag="v1.0")
    api.delete_branch(repo, branch="side/one")
    raises("RevisionNotFoundError", lambda: api.create_branch(repo, branch="b", revision="nothing"))
    assert not api.revision_exists(repo, "v1.0")


@step
def commits(session: Session) -> None:
    found = session.api.list_repo_commits(session.repo, formatted=True)
    titles = [each.title for each in found]
    assert titles[-1] == "initial commit"
    assert "Add config" in titles
    assert session.me in {name for each in found for name in each.authors}


@step
def pull_requests(session: Session) -> None:
    api, repo = session.api, session.repo
    done = session.put("proposed.txt", b"proposed", create_pr=True, commit_message="Propose", commit_description="Why")
    assert done.pr_num
    assert session.get("proposed.txt", revision=done.pr_revision) == b"proposed"
    raises("EntryNotFoundError", lambda: session.get("proposed.txt"))
    details = api.get_discussion_details(repo, done.pr_num)
    assert details.status == "open"
    assert details.is_pull_request
    assert details.git_reference == done.pr_revision
    assert details.target_branch == "refs/heads/main"
    assert "proposed.txt" in details.diff
    comment = api.comment_discussion(repo, done.pr_num, "Looks fine")
    edited = api.edit_discussion_comment(repo, done.pr_num, comment.id, "Looks good")
    assert edited.content == "Looks good"
    assert edited.edited
    renamed = api.rename_discussion(repo, done.pr_num, "Propose more")
    assert renamed.new_title == "Propose more"
    api.merge_pull_request(repo, done.pr_num, comment="Thanks")
    assert session.get("proposed.txt") == b"proposed"
    merged = api.get_discussion_details(repo, done.pr_num)
    assert merged.status == "merged"
    assert merged.merge_commit_oid == api.list_repo_commits(repo)[0].commit_id


@step
def a_pull_request_from_another_user(session: Session) -> None:
    done = session.other.upload_file(
        path_or_fileobj=b"from outside", path_in_repo="outside.txt", repo_id=session.repo, create_pr=True
    )
    raises(
        "HTTPError",
        lambda: session.other.upload_file(path_or_fileobj=b"x", path_in_repo="outside.txt", repo_id=session.repo),
    )
    closed = session.api.change_discussion_status(session.repo, done.pr_num, "closed")
    assert closed.new_status == "closed"


@step
def discussions(session: Session) -> None:
    api, repo = session.api, session.repo
    opened = api.create_discussion(repo, title="A question", description="What is this?")
    assert opened.num
    assert not opened.is_pull_request
    comment = api.comment_discussion(repo, opened.num, "To hide")
    assert api.hide_discussion_comment(repo, opened.num, comment.id).hidden
    api.change_discussion_status(repo, opened.num, "closed", comment="Answered")
    found = {each.num: each for each in api.get_repo_discussions(repo)}
    assert found[opened.num].status == "closed"
    assert found[opened.num].title == "A question"
    draft = api.create_pull_request(repo, title="A draft")
    assert draft.status == "draft"


@step
def private_repositories(session: Session) -> None:
    name = f"{session.me}/secret-{session.tag}"
    session.api.create_repo(name, private=True)
    session.api.upload_file(path_or_fileobj=b"s", path_in_repo="s.txt", repo_id=name)
    assert session.api.repo_info(name).private is True
    raises("RepositoryNotFoundError", lambda: session.other.repo_info(name))
    raises("RepositoryNotFoundError", lambda: session.other.list_repo_files(name))
    raises("RepositoryNotFoundError", lambda: session.other.hf_hub_download(name, "s.txt"))
    missing = raises("RepositoryNotFoundError", lambda: session.other.repo_info(f"{name}-not"))
    assert missing.response.status_code == 404  # type: ignore[attr-defined]
    names = [each.id for each in session.other.list_models(author=session.me)]
    assert name not in names
    session.api.delete_repo(name)


@step
def searching(session: Session) -> None:
    found = [each.id for each in session.api.list_models(author=session.me, search=session.tag)]
    assert session.repo in found
    assert session.repo in [each.id for each in session.api.list_models(filter="license:mit", limit=50)]
    assert not list(session.api.list_models(search="no-such-thing-anywhere"))


@step
def liking(session: Session) -> None:
    likers = getattr(session.api, "list_repo_likers", None)
    if likers is None:
        return
    assert list(likers(session.repo)) == []
    assert session.api.list_liked_repos(session.me).total == 0


@step
def collections(session: Session) -> None:
    api = session.api
    made = api.create_collection(f"Best of {session.tag}", description="Some")
    api.add_collection_item(made.slug, session.repo, "model", note="The one")
    found = api.get_collection(made.slug)
    assert [each.item_id for each in found.items] == [session.repo]
    api.update_collection_item(made.slug, found.items[0].item_object_id, note="Still the one")
    api.delete_collection_item(made.slug, found.items[0].item_object_id)
    assert api.update_collection_metadata(made.slug, title="Renamed").title == "Renamed"
    slug = next(iter(api.list_collections(owner=session.me))).slug
    api.delete_collection(slug)


@step
def webhooks(session: Session) -> None:
    api = session.api
    if not hasattr(api, "create_webhook"):
        return
    made = api.create_webhook(url="https://example.org/hook", watched=[{"type": "user", "name": session.me}])
    assert [each.id for each in api.list_webhooks()] == [made.id]
    assert api.disable_webhook(made.id).disabled
    assert not api.enable_webhook(made.id).disabled
    assert api.update_webhook(made.id, url="https://example.org/other").url == "https://example.org/other"
    api.delete_webhook(made.id)
    assert api.list_webhooks() == []


@step
def gated_repositories(session: Session) -> None:
    api = session.api
    if not hasattr(api, "update_repo_settings"):
        return
    name = f"{session.me}/gated-{session.tag}"
    api.create_repo(name)
    api.upload_file(path_or_fileobj=b"{}", path_in_repo="config.json", repo_id=name)
    api.update_repo_settings(name, gated="manual")
    assert api.model_info(name).gated == "manual"
    raises("GatedRepoError", lambda: session.other.hf_hub_download(name, "config.json"))
    api.grant_access(name, os.environ["OTHER_NAME"])
    assert session.other.hf_hub_download(name, "config.json", force_download=True)
    assert [each.username for each in api.list_accepted_access_requests(name)] == [os.environ["OTHER_NAME"]]
    api.delete_repo(name)


@step
def moving(session: Session) -> None:
    moved = f"{session.me}/moved-{session.tag}"
    session.api.move_repo(session.repo, moved)
    assert session.get("config.json", force_download=True)  # by its old name
    assert session.api.model_info(moved).id == moved
    session.repo = moved


@step
def squashing(session: Session) -> None:
    session.api.super_squash_history(session.repo)
    assert len(session.api.list_repo_commits(session.repo)) == 1
    assert session.get("config.json") == b'{"hidden_size": 8}'


@step
def deleting(session: Session) -> None:
    session.api.delete_file("config.json", session.repo)
    assert not session.api.file_exists(session.repo, "config.json")
    session.api.delete_repo(session.repo)
    assert not session.api.repo_exists(session.repo)
    session.api.delete_repo(session.repo, missing_ok=True)
    raises("RepositoryNotFoundError", lambda: session.api.delete_repo(session.repo))


def main() -> None:
    session = Session()
    for name, function in STEPS.items():
        try:
            function(session)
        except BaseException:  # each step says how it ended
            print(json.dumps({"step": name, "error": traceback.format_exc()}), flush=True)
        else:
            print(json.dumps({"step": name, "error": None}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
