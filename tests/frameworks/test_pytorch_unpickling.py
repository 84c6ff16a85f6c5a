from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from collections import deque
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from torch import nn

from anyhub.errors import CheckpointMismatchError, CorruptFileError, HubError, UnsafeFileError
from anyhub.frameworks.pytorch import load_pickle, load_state_dict_from_file, load_torch_model
from anyhub.frameworks.pytorch.checkpoints import read_pickle


class Calls:
    """An object whose pickle calls a function when it is loaded."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.made = function, arguments

    def __reduce__(self) -> Any:
        return self.made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pytorch_model.bin"


def refusal(file: Path) -> HubError:
    with pytest.raises(HubError) as caught:
        load_state_dict_from_file(file)
    return caught.value


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Calls(print, "x"), "print"),
        (Calls(Path, "x"), "pathlib.Path"),
        (nn.Linear(2, 2), "torch.nn.modules.linear.Linear"),
        (Calls(getattr, 1, "real"), "getattr"),
        (deque([1]), "collections.deque"),
    ],
    ids=["a function", "a class", "a module", "a blocked function", "a container"],
)
def test_what_was_refused_is_named_without_the_advice_of_torch(
    value: Any, name: str, zipped: bool, file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    torch.save({"w": value}, file, _use_new_zipfile_serialization=zipped)
    error = refusal(file)
    assert isinstance(error, UnsafeFileError)
    assert re.search(rf"holds more than tensors and plain values, a '[\w.]*{re.escape(name)}'\. Ask for", str(error))
    assert str(error).isprintable()
    assert "weights_only" not in str(error)
    assert capfd.readouterr().out == ""


def test_a_name_that_fills_the_screen_is_cut(file: Path) -> None:
    file.write_bytes(b"\x80\x02cmodule\n" + b"a" * 1000 + b"\n.")
    error = refusal(file)
    assert isinstance(error, UnsafeFileError)
    assert len(str(error)) < 400 + len(str(file))
    assert str(error).isprintable()


@pytest.mark.parametrize(
    "content",
    [
        b"garbage " * 100,
        b"\x00\xff\x1b[1m" * 50,
        b"",
        pickle.dumps({"w": 1}, protocol=2)[:-2],
        b"\x80\x02}q\x00.",
        b"\x1b[1m",
    ],
    ids=["text", "bytes", "nothing", "cut", "no state", "an escape"],
)
def test_bytes_that_torch_has_not_written_are_corrupt_and_not_unsafe(content: bytes, file: Path) -> None:
    file.write_bytes(content)
    error = refusal(file)
    assert isinstance(error, CorruptFileError)
    assert str(error).isprintable()
    assert "weights_only" not in str(error)
    assert str(error).endswith("Download it again.")


def test_a_checkpoint_of_training_is_told_where_its_tensors_are(file: Path) -> None:
    net = nn.Linear(2, 2)
    torch.save({"epoch": 3, "state_dict": net.state_dict(), "optimizer": {"lr": 0.1}}, file)
    with pytest.raises(
        CheckpointMismatchError, match=r"load_state_dict_from_file\('pytorch_model\.bin'\)\['state_dict'\]"
    ):
        load_torch_model(net, file)
    again = nn.Linear(2, 2)
    again.load_state_dict(load_state_dict_from_file(file)["state_dict"])
    assert torch.equal(again.weight, net.weight)


def test_state_that_is_no_tensor_does_not_make_a_checkpoint_one_of_training(file: Path) -> None:
    torch.save({"w": torch.ones(1), "_extra_state": {"seen": torch.ones(1)}}, file)
    assert read_pickle(file).tensors.keys() == {"w", "_extra_state"}


def test_a_few_bytes_can_not_ask_for_any_amount_of_memory(tmp_path: Path) -> None:
    file = tmp_path / "pytorch_model.bin"
    one = torch.zeros(2)
    torch.save({**nn.Linear(2, 2).state_dict(), "a": one[:1].expand(2**31), "b": one[:1].expand(2**31, 1)}, file)
    with pytest.raises(CorruptFileError, match=r"spreads 8 bytes over the 8,589,934,592 of '[ab]'"):
        load_pickle(lambda: nn.Linear(2, 2), file)


@pytest.mark.parametrize("legacy", [False, True])
def test_damage_anywhere_in_a_pickle_is_told_in_one_sentence(legacy: bool, tmp_path: Path) -> None:
    sound = tmp_path / "sound.bin"
    torch.save(nn.Linear(3, 2).state_dict(), sound, _use_new_zipfile_serialization=not legacy)
    data = sound.read_bytes()
    file = tmp_path / "pytorch_model.bin"
    random = Random(0)
    told: list[str] = []
    for _ in range(150):
        at = random.randrange(len(data))
        file.write_bytes(data[:at] + bytes([data[at] ^ (1 << random.randrange(8))]) + data[at + 1 :])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                load_pickle(lambda: nn.Linear(3, 2), file)
        except HubError as error:
            told.append(str(error))
    assert len(told) > 20
    assert not any("\n" in text for text in told)


def test_a_file_with_fewer_bytes_than_its_tensors_is_refused(tmp_path: Path) -> None:
    sound, file = tmp_path / "sound.bin", tmp_path / "pytorch_model.bin"
    torch.save(nn.Linear(2, 2).state_dict(), sound)
    with zipfile.ZipFile(sound) as old, zipfile.ZipFile(file, "w") as new:
        for member in old.infolist():
            data = old.read(member)
            new.writestr(member.filename, data[:8] if member.filename.endswith("/data/0") else data)
    with pytest.raises(CorruptFileError):
        load_pickle(lambda: nn.Linear(2, 2), file)
