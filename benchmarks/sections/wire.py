"""What a server costs its clients, and ours beside the stock one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.options import Options
from benchmarks.serving import USER, served
from benchmarks.tables import number, ratios, spread, table
from benchmarks.turns import in_fresh_process, take_turns
from benchmarks.watch import MIB

LIBRARIES = ("anyhub", "huggingface_hub")
_BARE = """
import socket, sys
import uvicorn
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
"""


def bench_wire(work: Path, options: Options) -> None:
    """Compare transfers over loopback with the stock client's and with a plain socket copy."""
    with served(work / "served") as server:
        _large(work, server.endpoint, options)
        _small(work, server.endpoint, options)
        _requests(work, server.endpoint)
        _latencies(work, server.endpoint, options)
        _clone(work, server.endpoint, options)
        print(f"\nResident memory of the server at the end: {number(server.resident_mebibytes())} MiB")


def _large(work: Path, endpoint: str, options: Options) -> None:
    gibibytes = 0.125 if options.quick else 1.0
    folder = work / "large"
    folder.mkdir()
    count = iter(range(1000))

    def fresh() -> str:
        """Write a file that the server has not seen."""
        file = folder / "model.safetensors"
        with file.open("wb") as out:
            for _ in range(round(gibibytes * 1024)):
                out.write(os.urandom(MIB))
        return str(file)

    def both(library: str) -> dict[str, float]:
        file, repo = fresh(), f"{USER}/large-{next(count)}"
        size = Path(file).stat().st_size
        arguments = {"library": library, "endpoint": endpoint, "repo": repo}
        up = in_fresh_process("wire.upload", file=file, **arguments)["seconds"]
        down = in_fresh_process("wire.download", folder=str(folder), size=size, **arguments)["seconds"]
        _empty(folder)
        return {"up": up, "down": down}

    def floor() -> dict[str, float]:
        file = fresh()
        return {
            "up": in_fresh_process("wire.floor_upload", file=file, folder=str(folder))["seconds"],
            "down": in_fresh_process("wire.floor_download", file=file, folder=str(folder))["seconds"],
        }

    runs = {library: (lambda library=library: both(library)) for library in LIBRARIES}
    gathered = take_turns(options.turns, {**runs, "floor": floor})
    rows = []
    for way in ("up", "down"):
        ours, stock, least = (gathered[name][way] for name in (*LIBRARIES, "floor"))
        rows.append([way, spread(ours), spread(stock), spread(least), ratios(stock, ours), ratios(ours, least)])
    head = ["", "anyhub", "huggingface_hub", "floor", "stock / ours (goal > 1)", "ours / floor (goal down: ≤ 1.5)"]
    table(f"{gibibytes:g} GiB over loopback", head, rows)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    os.sync()


def _small(work: Path, endpoint: str, options: Options) -> None:
    source = work / "small-files" / "small"
    for index in range(1000):
        path = source / f"{index // 100}" / f"{index}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((b"%d " % index).ljust(1400, b"x"))
    count = iter(range(1000))

    def run(library: str) -> dict[str, float]:
        repo = f"{USER}/small-{next(count)}"
        return in_fresh_process(
            "wire.small_files", library=library, endpoint=endpoint, repo=repo, folder=str(source.parent)
        )

    gathered = take_turns(options.turns, {name: (lambda name=name: run(name)) for name in LIBRARIES})
    rows = []
    for way, title in (("up", "up in one commit"), ("down", "down in one snapshot")):
        ours, stock = (gathered[name][way] for name in LIBRARIES)
        rows.append([title, spread(ours), spread(stock), ratios(stock, ours)])
    table("1,000 files of 1.4 kB over loopback", ["", "anyhub", "huggingface_hub", "stock / ours"], rows)


def _requests(work: Path, endpoint: str) -> None:
    folder = work / "requests"
    folder.mkdir()
    counted = {
        library: in_fresh_process(
            "wire.requests", library=library, endpoint=endpoint, repo=f"{USER}/requests-{library}", folder=str(folder)
        )
        for library in LIBRARIES
    }
    rows = [[name, *(f"{counted[library][name]:g}" for library in LIBRARIES)] for name in counted["anyhub"]]
    table("Requests", ["", *LIBRARIES], rows)


def _latencies(work: Path, endpoint: str, options: Options) -> None:
    repo = f"{USER}/requests-anyhub"
    asked = {
        "HEAD resolve": (endpoint, "HEAD", f"/{repo}/resolve/main/0.json"),
        "GET info": (endpoint, "GET", f"/api/models/{repo}"),
    }
    with _bare_server(work) as bare:
        asked["an answer that does nothing"] = (bare, "GET", "/")
        gathered = take_turns(
            options.turns,
            {
                name: (
                    lambda where=where, method=method, path=path: in_fresh_process(
                        "wire.latencies", endpoint=where, path=path, method=method, clients=64, count=50
                    )
                )
                for name, (where, method, path) in asked.items()
            },
        )
    rows = [
        [name, spread(figures["p50"], "ms"), spread(figures["p99"], "ms"), spread(figures["per second"], "/s")]
        for name, figures in gathered.items()
    ]
    table("64 clients at once, all on the machine of the server", ["", "p50", "p99", "answers"], rows)


@contextmanager
def _bare_server(work: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen([sys.executable, "-c", _BARE, str(port)], cwd=work) as process:
        try:
            for _ in range(100):
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _clone(work: Path, endpoint: str, options: Options) -> None:
    from anyhub import LocalHub
    from anyhub.values import AddFile

    repo = f"{USER}/many"
    files = 5_000 if options.quick else 50_000
    folder = work / "clones"
    folder.mkdir()
    hub = LocalHub(work / "served" / "hub")
    hub.create(hub.repo_id(repo))
    changes = [AddFile(f"{index // 100}/{index}.txt", (b"%d " % index).ljust(1400, b"x")) for index in range(files)]
    hub.commit(hub.repo_id(repo), changes, message="Many files")
    with hub.git_dir(hub.repo_id(repo)) as git_dir:
        gathered = take_turns(
            options.turns,
            {
                "from the server": lambda: in_fresh_process(
                    "wire.clone", address=f"{endpoint}/{repo}", folder=str(folder)
                ),
                "by git alone": lambda: in_fresh_process("wire.clone", address=f"file://{git_dir}", folder=str(folder)),
            },
        )
    ours, alone = (gathered[name]["seconds"] for name in ("from the server", "by git alone"))
    rows = [["from the server", spread(ours), ratios(ours, alone)], ["by git alone, from a folder", spread(alone), ""]]
    table(f"Cloning a repository of {files:,} files", ["", "seconds", "server / git alone"], rows)
