"""A library that is built on the stock client: it pushes a model, and loads it in another process."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from anyhub import HfApi
from anyhub.server.embedded import RunningHub

NEWEST = "2.4.0"

PUSH = """
import torch
from transformers import BertConfig, BertModel

torch.manual_seed(0)
config = BertConfig(
    vocab_size=64, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
    max_position_embeddings=32,
)
model = BertModel(config).eval()
print(model.push_to_hub("newton/tiny-bert").oid)
with torch.no_grad():
    print(model(torch.arange(8)[None]).last_hidden_state.sum().item())
"""
LOAD = """
import torch
from transformers import AutoModel

model = AutoModel.from_pretrained("newton/tiny-bert").eval()
print(type(model).__name__)
with torch.no_grad():
    print(model(torch.arange(8)[None]).last_hidden_state.sum().item())
"""


def test_transformers_pushes_a_model_and_loads_it_in_another_process(
    server: RunningHub, run_client: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    token = server.create_user("newton")
    pushed = run_client(NEWEST, PUSH, server.endpoint, HF_TOKEN=token)
    assert pushed.returncode == 0, pushed.stderr
    loaded = run_client(NEWEST, LOAD, server.endpoint, HF_TOKEN=token)
    assert loaded.returncode == 0, loaded.stderr
    oid, result = pushed.stdout.split()
    assert loaded.stdout.split() == ["BertModel", result]
    api = HfApi(endpoint=server.endpoint, token=token)
    assert api.repo_info("newton/tiny-bert").sha == oid
    assert "model.safetensors" in api.list_repo_files("newton/tiny-bert")
