"""Time the SCIM workloads W1 to W7 against a server of our own on a temporary database; `make bench`.

    python bench/run.py [--people N] [--database URL] [options of scim_load.py, which see]

--people     fill the workspace with that many people first (`tenantry seed`)
--database   a database to use instead of a temporary SQLite file; it is filled and left behind
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

TENANTRY = [sys.executable, "-m", "tenantry.cli"]
DRIVER = Path(__file__).with_name("scim_load.py")
SECONDS_TO_START = 30


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--people", type=int, default=0)
    options.add_argument("--database")
    ours, of_driver = options.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as folder:
        environment = os.environ | {
            "TENANTRY_DATABASE_URL": ours.database or f"sqlite:///{folder}/bench.db",
            "TENANTRY_LOG_LEVEL": "warning",
        }
        slug = f"bench-{os.getpid()}"
        tenantry(
            environment,
            "workspace",
            "create",
            "--name",
            "Bench",
            "--slug",
            slug,
            "--owner",
            "owner@example.com",
            "--policy",
            "managed",
        )
        if ours.people:
            tenantry(environment, "seed", "--workspace", slug, "--users", str(ours.people))
        token = json.loads(tenantry(environment, "token", "scim", "--workspace", slug, "--name", "bench", "--json"))
        return measure(environment, token["token"], of_driver)


def tenantry(environment: dict[str, str], *arguments: str) -> bytes:
    return subprocess.run([*TENANTRY, *arguments], env=environment, check=True, stdout=subprocess.PIPE).stdout


def measure(environment: dict[str, str], token: str, options: list[str]) -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([*TENANTRY, "serve", f"--port={port}"], env=environment)
    try:
        wait_until_ready(server, f"http://127.0.0.1:{port}/readyz")
        driver = [
            sys.executable,
            DRIVER,
            "--a",
            f"http://127.0.0.1:{port}/scim/v2",
            "--a-token",
            token,
            "--a-name",
            "tenantry",
        ]
        return subprocess.run([*driver, *options], check=False).returncode
    finally:
        server.terminate()
        server.wait(30)


def wait_until_ready(server: subprocess.Popen, url: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise SystemExit("The server did not start")


if __name__ == "__main__":
    sys.exit(main())
