"""Versions: ETag, If-Match, If-None-Match (RFC 7644 §3.14)."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from .provider import Resource, group, new_group, new_user, patch, refusal, replace, user
from .provider import resource as good

KINDS = pytest.mark.parametrize("kind", ["Users", "Groups"])
BODIES: dict[str, Callable[[str], Resource]] = {
    "Users": lambda name: user(displayName=name),
    "Groups": group,
}


async def make(scim: httpx.AsyncClient, kind: str) -> tuple[str, str]:
    """(path, version) of a new resource."""
    made = await (new_user(scim, displayName="Team") if kind == "Users" else new_group(scim))
    return f"/{kind}/{made['id']}", made["meta"]["version"]


@KINDS
async def test_every_answer_names_the_version(scim: httpx.AsyncClient, kind: str) -> None:
    """SCIM-ETAG-01, -02, -05."""
    path, first = await make(scim, kind)
    answers = [
        await scim.get(path),
        await scim.put(path, json=BODIES[kind]("Crew")),
        await scim.patch(path, json=patch(replace("displayName", "Guild"))),
        await scim.get(path),
    ]
    versions = [good(answer)["meta"]["version"] for answer in answers]
    assert [answer.headers["etag"] for answer in answers] == versions
    assert versions == [first, 'W/"2"', 'W/"3"', 'W/"3"']


@KINDS
@pytest.mark.parametrize("held", ["{0}", '"x", {0}', '"x",{0} ,W/"7"', "*"])
async def test_what_the_client_has_already_is_not_sent_again(scim: httpx.AsyncClient, kind: str, held: str) -> None:
    """SCIM-ETAG-03 (RFC 9110 §13.1.2)."""
    path, version = await make(scim, kind)
    answer = await scim.get(path, headers={"If-None-Match": held.format(version)})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == version


@KINDS
@pytest.mark.parametrize("held", ['W/"7"', '"x", "y"'])
async def test_another_version_is_sent(scim: httpx.AsyncClient, kind: str, held: str) -> None:
    """SCIM-ETAG-04."""
    path, version = await make(scim, kind)
    answer = await scim.get(path, headers={"If-None-Match": held})
    assert (answer.status_code, answer.headers["etag"]) == (200, version)
    assert good(answer)["meta"]["version"] == version


@KINDS
async def test_a_change_to_a_version_that_is_past_is_refused(scim: httpx.AsyncClient, kind: str) -> None:
    """SCIM-ETAG-06, -07 (RFC 9110 §13.1.1)."""
    path, seen = await make(scim, kind)
    await scim.patch(path, json=patch(replace("displayName", "Crew")))
    before = good(await scim.get(path))
    stale = {"If-Match": seen}
    assert refusal(await scim.put(path, headers=stale, json=BODIES[kind]("Guild"))) == (412, None)
    patched = await scim.patch(path, headers=stale, json=patch(replace("displayName", "Guild")))
    assert refusal(patched) == (412, None)
    assert refusal(await scim.patch(path, headers=stale, json=patch())) == (412, None)
    assert refusal(await scim.delete(path, headers=stale)) == (412, None)
    assert good(await scim.get(path)) == before


@KINDS
@pytest.mark.parametrize("condition", ["{0}", '"x", {0}', "*", "{1}"])
async def test_a_change_to_the_version_that_stands_is_made(scim: httpx.AsyncClient, kind: str, condition: str) -> None:
    """SCIM-ETAG-08, -09, -12; a client that drops the W/ means the same version."""
    path, version = await make(scim, kind)

    def headers(version: str) -> dict[str, str]:
        return {"If-Match": condition.format(version, version.removeprefix("W/"))}

    answer = await scim.put(path, headers=headers(version), json=BODIES[kind]("Crew"))
    version = good(answer)["meta"]["version"]
    answer = await scim.patch(path, headers=headers(version), json=patch(replace("displayName", "Guild")))
    version = good(answer)["meta"]["version"]
    assert (await scim.delete(path, headers=headers(version))).status_code == 204


@KINDS
@pytest.mark.parametrize("condition", ["1", 'W/"1', "W/1", '"1" "2" x'])
async def test_a_condition_that_is_none_is_refused(scim: httpx.AsyncClient, kind: str, condition: str) -> None:
    path, _ = await make(scim, kind)
    headers = {"If-Match": condition}
    assert refusal(await scim.put(path, headers=headers, json=BODIES[kind]("Crew")))[0] == 400
    assert refusal(await scim.delete(path, headers=headers))[0] == 400
    assert (await scim.get(path)).status_code == 200


@KINDS
async def test_of_many_changes_to_one_version_one_is_made(scim: httpx.AsyncClient, kind: str) -> None:
    """SCIM-ETAG-11."""
    path, version = await make(scim, kind)
    puts = (scim.put(path, headers={"If-Match": version}, json=BODIES[kind](f"Name {n}")) for n in range(8))
    answers = await asyncio.gather(*puts)
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    assert good(await scim.get(path))["meta"]["version"] == 'W/"2"'


@KINDS
async def test_a_condition_on_nothing_is_not_found(scim: httpx.AsyncClient, kind: str) -> None:
    path, _ = await make(scim, kind)
    await scim.delete(path)
    assert refusal(await scim.delete(path, headers={"If-Match": "*"})) == (404, None)
