"""Train a small classifier, push two revisions of it to a hub in a folder, and load both in a new process.

Everything stays below `build/demo`, or the folder that is named after the command. Run it twice: the second time it
finds that nothing changed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

home = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "build/demo"
for setting in ("ANYHUB_ENDPOINT", "ANYHUB_CACHE", "HF_ENDPOINT"):
    os.environ.pop(setting, None)
os.environ["ANYHUB_HOME"] = str(home.resolve())

import torch  # noqa: E402  (the demo's own hub is chosen before anything is imported)
from classifier import DigitClassifier, digits, examine, train  # noqa: E402

from anyhub import HfApi, ModelCard, hf_hub_download, open_hub  # noqa: E402
from anyhub.errors import NotFoundError  # noqa: E402

REPO = "demo/digits"
WEIGHTS = "model.safetensors"


def main() -> None:
    api = HfApi()
    heading("Train")
    models = train_two_revisions()
    heading("Push")
    push(api, models)
    heading("Load in a new process")
    compare(models)
    heading("The card that was generated")
    print(indented(ModelCard.load(REPO).content))
    heading("The history")
    show_history(api)
    heading("Where everything lies")
    show_places()


def train_two_revisions() -> dict[str, DigitClassifier]:
    """Return the model as it is after a few epochs, by the name `v1`, and after more of them, by the name `main`."""
    learn, test, *_ = digits()
    say(f"{len(learn)} images to learn from, {len(test)} to test on, 8 × 8 pixels each")
    torch.manual_seed(0)
    first = DigitClassifier(channels=32)
    train(first, epochs=2, name="revision one")
    second = DigitClassifier(channels=32)
    second.load_state_dict(first.state_dict())
    train(second, epochs=10, name="revision two")
    for name, model in ("revision one", first), ("revision two", second):
        say(f"{name}: accuracy {examine(model)['accuracy']:.1%}")
    return {"v1": first, "main": second}


def push(api: HfApi, models: dict[str, DigitClassifier]) -> None:
    push_and_tag(api, models["v1"])
    push_to_main(api, models["main"])
    say("and the same model once more:")
    push_to_main(api, models["main"])


def push_and_tag(api: HfApi, model: DigitClassifier) -> None:
    if has_revision(api, "v1"):
        if examine(DigitClassifier.from_pretrained(REPO, revision="v1")) == examine(model):
            say("v1   is on the hub already, from an earlier run")
            return
        api.delete_tag(REPO, tag="v1")  # of a run with another version of PyTorch, which trains otherwise
    model.push_to_hub(REPO, commit_message="Train for 2 epochs")
    api.create_tag(REPO, tag="v1")
    say(f"v1   {head(api)[:10]}, tagged")


def push_to_main(api: HfApi, model: DigitClassifier) -> None:
    before = head(api)
    model.push_to_hub(REPO, commit_message="Train for 10 more epochs")
    after = head(api)
    say(f"main {after[:10]}" if after != before else f"main {after[:10]}: nothing changed, so no commit was made")


def compare(models: dict[str, DigitClassifier]) -> None:
    """Load both revisions in a new process, and fail unless every bit of what they predict is what it is here."""
    script = Path(__file__).with_name("elsewhere.py")
    answer = subprocess.run([sys.executable, script, REPO, *models], check=True, stdout=subprocess.PIPE, text=True)
    elsewhere = json.loads(answer.stdout)
    say(f"process {os.getpid()} trained, process {elsewhere['process']} loaded")
    for name, model in models.items():
        here, there = examine(model), elsewhere[name]
        say(f"{name:4} predictions here  {str(here['predictions'])[:16]}…  accuracy {here['accuracy']:.1%}")
        say(f"{name:4} predictions there {there['predictions'][:16]}…  accuracy {there['accuracy']:.1%}")
        if here != there:
            sys.exit("The predictions differ.")
    say("equal, to the last bit")


def show_history(api: HfApi) -> None:
    tags = {tag.target_commit: f"  (tag {tag.name})" for tag in api.list_repo_refs(REPO).tags}
    for commit in api.list_repo_commits(REPO):
        date = commit.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        say(f"{commit.commit_id}  {date}  {commit.title}{tags.get(commit.commit_id, '')}")


def show_places() -> None:
    hub = open_hub()
    say(f"hub       {hub.endpoint}")
    for file in sorted(Path(hub.endpoint).rglob("*")):
        if file.is_file():
            say(f"{file.stat().st_size:>9,}   {file.relative_to(hub.endpoint)}")
    snapshot = Path(hf_hub_download(REPO, WEIGHTS))
    say(f"snapshot  {snapshot.parent}")
    repo = hub.repo_id(REPO)
    stored = hub.local_path(repo, hub.entry(repo, hub.resolve(repo).oid, WEIGHTS))
    if stored and stored.samefile(snapshot):
        say(f"{WEIGHTS} there and its blob in the hub are one file, inode {stored.stat().st_ino}: nothing was copied")
    else:
        say(f"{WEIGHTS} there is a copy of its blob in the hub: this file system has no hard links")


def head(api: HfApi) -> str:
    """Return the commit that `main` is at."""
    return str(api.model_info(REPO).sha)


def has_revision(api: HfApi, revision: str) -> bool:
    try:
        api.model_info(REPO, revision=revision)
    except NotFoundError:
        return False
    return True


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def say(text: str) -> None:
    print(f"   {text}")


def indented(text: str) -> str:
    return "\n".join(f"   {line}".rstrip() for line in text.strip().splitlines())


if __name__ == "__main__":
    main()
