"""The service as its operators run it: real processes on a real port."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

SECONDS_TO_START = 30
SECONDS_TO_STOP = 20


@dataclass(frozen=True, slots=True)
class Server:
    """One running service; `log` is everything it wrote so far."""

    url: str
    process: subprocess.Popen[bytes]
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"The server ended:\n{self.log}"
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"The server is not ready after {SECONDS_TO_START} s:\n{self.log}")

    def stop(self) -> int:
        """Ask it to finish what is in flight and end; its exit code."""
        self.process.terminate()
        return self.process.wait(SECONDS_TO_STOP)

    def kill(self) -> None:
        """End it and its workers at once, as when the power goes."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(SECONDS_TO_STOP)


@contextmanager
def running(database_url: str, folder: Path) -> Iterator[Callable[..., Server]]:
    """A function that starts servers on that database; all of them are stopped at the end."""
    servers: list[Server] = []

    def start(*, workers: int = 1, **settings: str) -> Server:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        settings = {"database_url": database_url, "base_url": url, "secret_key": "of no worth"} | settings
        command = ("serve", f"--port={port}", f"--workers={workers}", "--no-migrate")
        servers.append(launch(*command, url=url, folder=folder, settings=settings))
        servers[-1].wait_until_ready()
        return servers[-1]

    try:
        yield start
    finally:
        for server in servers:
            if server.process.poll() is None:
                server.stop()


def launch(*command: str, url: str, folder: Path, settings: dict[str, str] | None = None) -> Server:
    """Run a command of ours that serves at that URL, in that folder."""
    log_file = folder / f"{url.rpartition(':')[2]}.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tenantry.cli", *command],
            env=os.environ | {f"TENANTRY_{name.upper()}": value for name, value in (settings or {}).items()},
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            # A group of its own, so that its workers can be reached by it.
            start_new_session=True,
        )
    return Server(url, process, log_file)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
