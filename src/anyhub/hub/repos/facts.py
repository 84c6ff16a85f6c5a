"""What the files on a repository's default branch say of it, read when they change and kept so that it can be searched.

Nothing here refuses a commit: a file that can not be read says nothing.
"""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, BinaryIO

from anyhub.content.stores import BlobStore
from anyhub.errors import HubError
from anyhub.git.objects import FOLDER_MODE, Node
from anyhub.hub.repos.catalog import Place
from anyhub.hub.repos.gguf import read_gguf
from anyhub.hub.repos.headers import count_parameters
from anyhub.hub.repos.objects import Objects
from anyhub.hub.repos.tags import formats_of, library_of, tags_of
from anyhub.hub.sql.database import Database
from anyhub.values import Commit

logger = logging.getLogger(__name__)

README = "README.md"
CONFIG = "config.json"
_INDEX = "model.safetensors.index.json"
MAX_CONFIG_BYTES = 1_000_000
MAX_CARD_BYTES = 2_000_000
MAX_SHARDS = 1000
MAX_TAGS = 1000
_PART = re.compile(r"(.*)-[0-9]{5}-of-([0-9]{5})\.gguf")
_SHARD = re.compile(r"model-[0-9]{5}-of-[0-9]{5}\.safetensors")

# The files at the root of a repository that say something of it.
_NAMES = (README, CONFIG, "adapter_config.json", "model_index.json", "modules.json", _INDEX)
_ENDINGS = ("safetensors", "gguf", "bin", "pt", "pth", "keras", "h5", "onnx", "joblib", "pkl")
_TELLING = (
    "SELECT name, mode, oid, size, sha256, pointer_size FROM entries"
    " WHERE tree = (SELECT id FROM trees WHERE repo = ? AND oid = ?) AND mode != ? AND ("
    + " OR ".join(
        [f"name IN ({', '.join('?' * len(_NAMES))})", "name GLOB 'events.out.tfevents*'"]
        + [f"name GLOB '*.{ending}'" for ending in _ENDINGS]
    )
    + ") ORDER BY name"
)


class Facts:
    """Reads the files that tell something, and writes down what they say."""

    def __init__(self, database: Database, blobs: BlobStore, objects: Objects) -> None:
        self._database = database
        self._blobs = blobs
        self._objects = objects

    def note(self, place: Place, commit: Commit) -> None:
        """Note what the files of a commit on the default branch say, inside a transaction."""
        telling = self._telling(place.pk, commit.tree)
        with self._database.transaction() as connection:
            kept = connection.execute("SELECT facts FROM repos WHERE id = ?", (place.pk,)).fetchone()[0]
            read_from = {node.name: node.oid for node in telling}
            if json.loads(kept).get("read_from") != read_from:
                known = self._read(place, {node.name: node for node in telling})
                self._write(place.pk, {**known, "read_from": read_from})
            connection.execute("UPDATE repos SET facts_of = ? WHERE id = ?", (commit.oid, place.pk))

    def _telling(self, repo: int, tree: str) -> list[Node]:
        rows = self._database.query(_TELLING, repo, tree, FOLDER_MODE, *_NAMES)
        return [Node._make(row) for row in rows]

    def _write(self, repo: int, known: Mapping[str, Any]) -> None:
        parameters = sum(known["parameters"].values()) or known["gguf"].get("total") or None
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE repos SET facts = ?, pipeline_tag = ?, library_name = ?, parameters = ? WHERE id = ?",
                (json.dumps(known), known["pipeline_tag"], known["library_name"], parameters, repo),
            )
            connection.execute("DELETE FROM tags WHERE repo = ?", (repo,))
            connection.executemany(
                "INSERT OR IGNORE INTO tags (repo, tag) VALUES (?, ?)", ((repo, tag) for tag in known["tags"])
            )

    def _read(self, place: Place, found: Mapping[str, Node]) -> dict[str, Any]:
        card, text = self._card(place, found.get(README))
        config = self._config(place, found.get(CONFIG))
        library = library_of(card, config, found)
        return {
            "card": card,
            "tags": tags_of(place.repo.type, card, text, config, library, formats_of(found))[:MAX_TAGS],
            "pipeline_tag": _word(card.get("pipeline_tag")),
            "library_name": library,
            "config": config,
            "parameters": self._parameters(place, found),
            "gguf": self._gguf(place, found),
        }

    def _card(self, place: Place, node: Node | None) -> tuple[dict[str, Any], str]:
        """Return the metadata and the text of the card; nothing of one that can not be read."""
        from anyhub.cards.document import CardDocument

        data = self._content(place, node, MAX_CARD_BYTES)
        with suppress(HubError, UnicodeDecodeError, ValueError, RecursionError):
            content = data.decode()
            with suppress(HubError, ValueError, RecursionError):
                read = CardDocument.read(content)
                return json.loads(json.dumps(read.values, allow_nan=False)), read.cut.text
            return {}, content
        return {}, ""

    def _config(self, place: Place, node: Node | None) -> dict[str, Any]:
        """Return what tells kinds of models apart."""
        known: dict[str, Any] = {}
        with suppress(HubError, ValueError, RecursionError):
            config = json.loads(self._content(place, node, MAX_CONFIG_BYTES) or b"{}")
            if isinstance(config, dict):
                architectures = config.get("architectures")
                if isinstance(architectures, list) and all(map(_word, architectures)):
                    known["architectures"] = architectures
                if _word(config.get("model_type")):
                    known["model_type"] = config["model_type"]
                if "transformers_version" in config:
                    known["transformers_version"] = _word(config["transformers_version"]) or ""
        return known

    def _parameters(self, place: Place, found: Mapping[str, Node]) -> dict[str, int]:
        """Return how many numbers the weights hold, by data type; nothing when one file of them can not be read."""
        total: dict[str, int] = {}
        with suppress(HubError, OSError, ValueError, RecursionError):
            for name in _weights(found):
                with self._open(place, found[name]) as stream:
                    for dtype, count in count_parameters(stream, found[name].size).items():
                        total[dtype] = total.get(dtype, 0) + count
            return total
        return {}

    def _gguf(self, place: Place, found: Mapping[str, Node]) -> dict[str, Any]:
        """Return what the first GGUF file says of its model, with the parameters of all its parts."""
        names = [name for name in found if name.endswith(".gguf")]
        told: dict[str, Any] = {}
        with suppress(HubError, OSError):
            for name in _parts(names)[:MAX_SHARDS]:
                with self._open(place, found[name]) as stream:
                    part = read_gguf(stream, found[name].size)
                told = {**part, **told, "total": told.get("total", 0) + part["total"]}
            return told
        return {}

    def _content(self, place: Place, node: Node | None, most: int) -> bytes:
        """Return the bytes of a file; none of one that is missing, or longer than anybody would write."""
        if node is None or node.size > most:
            return b""
        try:
            with self._open(place, node) as stream:
                return stream.read()
        except (HubError, OSError) as error:
            logger.warning("%s of %s says nothing: %s", node.name, place.repo, error)
            return b""

    def _open(self, place: Place, node: Node) -> BinaryIO:
        if node.sha256:
            return self._blobs.open(node.sha256)
        return io.BytesIO(self._objects.read(place.pk, place.folder, node.oid))


def _weights(found: Mapping[str, Node]) -> list[str]:
    """Return the safetensors files that are the model: the one file, or its shards, or the only one that there is."""
    if "model.safetensors" in found:
        return ["model.safetensors"]
    shards = [name for name in found if _SHARD.fullmatch(name)]
    if shards:
        return shards if len(shards) <= MAX_SHARDS else []
    others = [name for name in found if name.endswith(".safetensors")]
    return others if len(others) == 1 else []


def _parts(names: Sequence[str]) -> list[str]:
    """Return the first of these GGUF files; with all its parts, when it is the first of several."""
    if not names:
        return []
    found = _PART.fullmatch(names[0])
    if found is None:
        return [names[0]]
    return [name for name in names if (other := _PART.fullmatch(name)) and other.groups() == found.groups()]


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= 200 else None
