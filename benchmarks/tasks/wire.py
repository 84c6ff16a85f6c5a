"""Transfers over a socket of loopback: by us, by the stock client, and by as little as can be."""

from __future__ import annotations

import hashlib
import http.client
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.serving import TOKEN, USER, Counter
from benchmarks.tasks.measuring import back_pages, timed
from benchmarks.watch import MIB

_SENDER = """
import os, socket, sys
with socket.create_server(("127.0.0.1", 0)) as listener, open(sys.argv[1], "rb") as file:
    print(listener.getsockname()[1], flush=True)
    connection, _ = listener.accept()
    size = os.fstat(file.fileno()).st_size
    sent = 0
    while sent < size:
        sent += os.sendfile(connection.fileno(), file.fileno(), sent, 2**24)
    connection.close()
"""
_RECEIVER = """
import hashlib, socket, sys
with socket.create_server(("127.0.0.1", 0)) as listener, open(sys.argv[1], "wb", buffering=0) as file:
    print(listener.getsockname()[1], flush=True)
    connection, _ = listener.accept()
    buffer, digest = memoryview(bytearray(2**20)), hashlib.sha256()
    while count := connection.recv_into(buffer):
        digest.update(buffer[:count])
        file.write(buffer[:count])
    connection.sendall(digest.digest())
"""


def api(library: str, endpoint: str) -> Any:
    """Return the client of a library for a server."""
    if library == "anyhub":
        from anyhub import HfApi

        return HfApi(endpoint=endpoint, token=TOKEN)
    from huggingface_hub import HfApi as StockApi

    return StockApi(endpoint=endpoint, token=TOKEN)


def warmed(library: str, endpoint: str) -> Any:
    """Return a client with all its modules loaded and a connection open."""
    made = api(library, endpoint)
    made.whoami()
    return made


def upload(library: str, endpoint: str, repo: str, file: str) -> dict[str, float]:
    """Upload one large file to a new repository."""
    client = warmed(library, endpoint)
    client.create_repo(repo)
    back_pages(Path(file).with_name("pages"), Path(file).stat().st_size)
    return {
        "seconds": timed(
            lambda: client.upload_file(path_or_fileobj=file, path_in_repo="model.safetensors", repo_id=repo)
        )
    }


def download(library: str, endpoint: str, repo: str, folder: str, size: int) -> dict[str, float]:
    """Download one large file to an empty cache."""
    client = warmed(library, endpoint)
    back_pages(Path(folder, "pages"), size)
    return {
        "seconds": timed(
            lambda: client.hf_hub_download(repo, "model.safetensors", cache_dir=f"{folder}/cache-{os.getpid()}")
        )
    }


def floor_download(file: str, folder: str) -> dict[str, float]:
    """Copy a file through a socket into another one, and hash it as it comes: what no download can do without."""
    target = Path(folder, "floor")
    with subprocess.Popen([sys.executable, "-c", _SENDER, file], stdout=subprocess.PIPE, text=True) as sender:
        assert sender.stdout
        port = int(sender.stdout.readline())
        back_pages(Path(folder, "pages"), Path(file).stat().st_size)

        def run() -> None:
            buffer, digest = memoryview(bytearray(MIB)), hashlib.sha256()
            with socket.create_connection(("127.0.0.1", port)) as connection, target.open("wb", buffering=0) as out:
                while count := connection.recv_into(buffer):
                    digest.update(buffer[:count])
                    out.write(buffer[:count])

        seconds = timed(run)
    target.unlink()
    return {"seconds": seconds}


def floor_upload(file: str, folder: str) -> dict[str, float]:
    """Hash a file, send it through a socket, and have it hashed and written there: what no upload can do without."""
    target = Path(folder, "floor")
    with subprocess.Popen(
        [sys.executable, "-c", _RECEIVER, str(target)], stdout=subprocess.PIPE, text=True
    ) as receiver:
        assert receiver.stdout
        port = int(receiver.stdout.readline())
        back_pages(Path(folder, "pages"), Path(file).stat().st_size)

        def run() -> None:
            with Path(file).open("rb") as source, socket.create_connection(("127.0.0.1", port)) as connection:
                hashlib.file_digest(source, "sha256")
                source.seek(0)
                connection.sendfile(source)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(32)

        seconds = timed(run)
    target.unlink()
    return {"seconds": seconds}


def small_files(library: str, endpoint: str, repo: str, folder: str) -> dict[str, float]:
    """Upload 1,000 small files in one commit, and download them in one snapshot."""
    source = Path(folder, "small")
    client = warmed(library, endpoint)
    client.create_repo(repo)
    up = timed(lambda: client.upload_folder(repo_id=repo, folder_path=source))
    cache = f"{folder}/small-cache-{os.getpid()}"
    down = timed(lambda: client.snapshot_download(repo, cache_dir=cache))
    return {"up": up, "down": down}


def requests(library: str, endpoint: str, repo: str, folder: str) -> dict[str, float]:
    """Count the requests of a push, of a cold load, and of warm ones by branch and by commit id."""
    counter = Counter(endpoint)
    client = warmed(library, counter.endpoint)
    client.create_repo(repo)
    cache = f"{folder}/requests-{os.getpid()}"
    figures: dict[str, float] = {}

    def count(name: str, work: Any) -> None:
        counter.taken()
        work()
        figures[name] = counter.taken()

    source = Path(folder, f"model-{os.getpid()}")
    source.mkdir()
    for index in range(3):
        (source / f"{index}.json").write_text(str(index))
    (source / "model.safetensors").write_bytes(os.urandom(11 * 10**6))
    count("push of 4 files, one of them large", lambda: client.upload_folder(repo_id=repo, folder_path=source))
    count("cold load of 5 files", lambda: client.snapshot_download(repo, cache_dir=cache))
    count("warm load by branch", lambda: client.snapshot_download(repo, cache_dir=cache))
    sha = client.repo_info(repo).sha
    count("warm load by commit id", lambda: client.snapshot_download(repo, cache_dir=cache, revision=sha))
    return figures


def latencies(endpoint: str, path: str, method: str, clients: int, count: int) -> dict[str, float]:
    """Ask for the same thing from many connections at once, and tell how long an answer takes in milliseconds."""
    host = endpoint.removeprefix("http://")
    taken: list[float] = []
    ready = threading.Barrier(clients)

    def ask() -> None:
        connection = http.client.HTTPConnection(host)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        ready.wait()
        for _ in range(count):
            start = time.perf_counter()
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            taken.append(1000 * (time.perf_counter() - start))
            assert answer.status == 200, answer.status
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    cuts = statistics.quantiles(taken, n=100)
    return {"p50": statistics.median(taken), "p99": cuts[98], "per second": len(taken) / seconds}


def clone(address: str, folder: str) -> dict[str, float]:
    """Clone a repository with git, without checking its files out."""
    target = f"{folder}/clone-{os.getpid()}"
    if address.startswith("http"):
        address = address.replace("http://", f"http://{USER}:{TOKEN}@")
    command = ["git", "-c", "gc.auto=0", "clone", "--quiet", "--bare", address, target]
    return {"seconds": timed(lambda: subprocess.run(command, check=True))}
