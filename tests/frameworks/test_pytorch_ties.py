from __future__ import annotations

import torch
from torch import Tensor

from anyhub.frameworks.pytorch.ties import find_ties, find_twins, is_dense


def pairs(tensors: dict[str, Tensor], stored: tuple[str, ...] = ()) -> dict[str, str]:
    return {tie.name: tie.base for tie in find_ties(tensors, stored).views}


def test_the_first_name_is_kept_and_of_those_in_a_file_the_last() -> None:
    tensor = torch.zeros(3)
    tensors = {"c": tensor, "b": tensor, "a": tensor}
    assert pairs(tensors) == {"b": "a", "c": "a"}
    assert pairs(tensors, ("c", "b")) == {"a": "b", "c": "b"}


def test_tensors_without_elements_or_values_are_never_tied() -> None:
    empty, meta = torch.zeros(0), torch.zeros(2, device="meta")
    assert pairs({"a": empty, "b": empty, "c": meta, "d": meta}) == {}


def test_another_dtype_of_the_same_memory_is_entangled() -> None:
    tensor = torch.zeros(4)
    ties = find_ties({"a": tensor, "b": tensor.view(torch.int32)})
    assert (ties.views, sorted(ties.entangled)) == ((), ["a", "b"])


def test_views_follow_their_base_to_other_memory() -> None:
    base = torch.arange(12.0).reshape(3, 4)
    tensors = {"base": base, "column": base[:, 1], "turned": base[1:].t()}
    ties = find_ties(tensors)
    base.data = base + 100
    ties.restore(tensors)
    assert torch.equal(tensors["column"], base[:, 1])
    assert torch.equal(tensors["turned"], base[1:].t())
    tensors["turned"].zero_()
    assert base[1:].eq(0).all()


def test_density_does_not_depend_on_the_order_of_the_axes() -> None:
    assert is_dense(torch.zeros(2, 3, 4).permute(2, 0, 1))
    assert is_dense(torch.zeros(2, 1, 4).permute(1, 2, 0))
    assert not is_dense(torch.zeros(4, 4)[:, ::2])
    assert not is_dense(torch.zeros(3, 1).expand(3, 2))


def test_a_discarded_name_is_kept_only_where_no_other_can_be() -> None:
    tensor = torch.zeros(3)
    tensors = {"a": tensor, "b": tensor, "part": tensor[1:]}
    bases = {tie.name: tie.base for tie in find_ties(tensors, discarded=("a", "part")).views}
    assert bases == {"a": "b", "part": "b"}
    bases = {tie.name: tie.base for tie in find_ties(tensors, discarded=("a", "b", "part")).views}
    assert bases == {"b": "a", "part": "a"}


def test_conjugates_in_the_same_memory_are_not_the_same_tensor() -> None:
    tensor = torch.tensor([1 + 2j])
    assert pairs({"a": tensor, "b": tensor.conj()}) == {}
    assert pairs({"a": tensor, "b": tensor.imag, "c": tensor.conj().imag}) == {}


def test_tensors_that_stand_for_the_same_ones_are_twins() -> None:
    tensor = torch.eye(3).to_sparse()
    tensors = {"b": tensor, "a": tensor.detach(), "other": tensor.clone(), "plain": torch.zeros(2)}
    assert find_twins(tensors) == {"b": "a"}
    assert find_twins(tensors, ("a",)) == {"a": "b"}
    assert find_ties(tensors).views == ()
