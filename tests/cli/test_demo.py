"""The demo from the outside: what a newcomer sees in the first minute."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from ..serving import Server, free_port, launch

README = Path(__file__).parent.parent.parent / "README.md"


@contextmanager
def demo(folder: Path) -> Iterator[Server]:
    port = free_port()
    server = launch("demo", f"--port={port}", url=f"http://127.0.0.1:{port}", folder=folder)
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


def token(server: Server, workspace: str, kind: str) -> str:
    found = re.search(rf"^ *{workspace} {kind} token +(\S+)$", server.log, re.MULTILINE)
    assert found, server.log
    return found[1]


def people(server: Server, scim_token: str) -> httpx.Response:
    return httpx.get(f"{server.url}/scim/v2/Users", headers={"Authorization": f"Bearer {scim_token}"})


def test_the_demo_opens_three_workspaces_and_opens_them_again(tmp_path: Path) -> None:
    with demo(tmp_path) as server:
        tokens = {name: token(server, name, "SCIM") for name in ("acme", "globex", "initech")}
        totals = {name: people(server, scim_token).json()["totalResults"] for name, scim_token in tokens.items()}
        assert totals == {"acme": 7, "globex": 5, "initech": 6}
    with demo(tmp_path) as server:
        for name, earlier in tokens.items():
            assert people(server, earlier).status_code == 401
            again = people(server, token(server, name, "SCIM"))
            assert again.json()["totalResults"] == totals[name]


def test_the_question_in_the_readme_is_answered(tmp_path: Path) -> None:
    body = re.search(r"-d '(\{\"query\".*\})'", README.read_text())
    assert body
    with demo(tmp_path) as server:
        answer = httpx.post(
            f"{server.url}/graphql",
            content=body[1],
            headers={
                "Authorization": f"Bearer {token(server, 'acme', 'personal')}",
                "Content-Type": "application/json",
            },
        )
    workspace = answer.json()["data"]["workspace"]
    assert workspace["name"] == "Acme"
    assert "Ben Carlsen" in [member["displayName"] for member in workspace["memberships"]["nodes"]]
