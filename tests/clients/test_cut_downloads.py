"""A download that a stock client goes on with after the connection was cut, through a proxy that cuts it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from proxy import Fault, fault_proxy
from test_sessions import VERSIONS

from anyhub import HfApi
from anyhub.server.embedded import RunningHub

SIZE = 25 * 2**20
CUT = 15 * 2**20
STEP = 10 * 2**20  # what the client reads before it writes any of it
DOWNLOAD = """
import hashlib
from huggingface_hub import hf_hub_download

for attempt in range(4):
    try:
        path = hf_hub_download({repo!r}, "weights.bin")
        break
    except Exception as error:
        print("again after", type(error).__name__)
print(hashlib.sha256(open(path, "rb").read()).hexdigest())
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stock_client_goes_on_with_a_download_that_was_cut(
    server: RunningHub, run_client: Callable[..., subprocess.CompletedProcess[str]], version: str
) -> None:
    user = f"cut-{version.replace('.', '-')}"
    token = server.create_user(user)
    repo = f"{user}/net"
    api = HfApi(endpoint=server.endpoint, token=token)
    api.create_repo(repo)
    api.upload_file(path_or_fileobj=bytes(range(256)) * (SIZE // 256), path_in_repo="weights.bin", repo_id=repo)
    (entry,) = api.get_paths_info(repo, ["weights.bin"])
    with fault_proxy(server.address) as proxy:
        proxy.script([Fault("down", CUT, "end")])
        done = run_client(version, DOWNLOAD.format(repo=repo), proxy.endpoint, HF_TOKEN=token)
        assert done.returncode == 0, done.stderr
        assert proxy.left() == 0, "nothing was cut"
        assert proxy.passed["down"] < SIZE + STEP + 2**20, "the client began anew"
    assert entry.lfs is not None
    assert done.stdout.split()[-1] == entry.lfs.sha256
