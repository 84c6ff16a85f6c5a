"""Load revisions of the demo's model, in a process that has never seen it, and print what they predict, as JSON."""

from __future__ import annotations

import json
import os
import sys

from classifier import DigitClassifier, examine


def main(repo: str, revisions: list[str]) -> None:
    models = {revision: DigitClassifier.from_pretrained(repo, revision=revision) for revision in revisions}
    print(json.dumps({"process": os.getpid(), **{name: examine(model) for name, model in models.items()}}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
