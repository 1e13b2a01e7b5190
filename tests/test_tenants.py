"""What belongs to another workspace does not exist, through every route (services: tests/services/test_tenants.py)."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tenantry.scim.routes import ROUTES
from tenantry.services.schemas import GROUP, USER

from .things import NOBODYS, Setting, Things, make_setting

USER_SCHEMA, GROUP_SCHEMA = USER.schema.id, GROUP.schema.id
MESSAGES = "urn:ietf:params:scim:api:messages:2.0:"


@pytest.fixture
async def setting(client: httpx.AsyncClient) -> Setting:
    return await make_setting()


def _user(things: Things) -> dict[str, Any]:
    return {"schemas": [USER_SCHEMA], "userName": things.user_name, "externalId": "e-1", "active": False}


def _group(things: Things) -> dict[str, Any]:
    return {"schemas": [GROUP_SCHEMA], "displayName": things.group_name, "members": [{"value": things.membership}]}


def _patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [f"{MESSAGES}PatchOp"], "Operations": list(operations)}


def _search(filter: str) -> dict[str, Any]:
    return {"schemas": [f"{MESSAGES}SearchRequest"], "filter": filter, "count": 100}


def _bulk(things: Things) -> dict[str, Any]:
    remove = [{"method": "DELETE", "path": f"/{path}"} for path in _paths(things)]
    join = {"method": "POST", "path": "/Groups", "bulkId": "g", "data": _group(things)}
    return {"schemas": [f"{MESSAGES}BulkRequest"], "Operations": [*remove, join]}


def _paths(things: Things) -> tuple[str, str]:
    return f"Users/{things.membership}", f"Groups/{things.group}"


# (path before the id, whether an id follows, method) -> the body that is sent
BODIES: dict[tuple[str, bool, str], Callable[[Things], Any]] = {
    ("Users", False, "GET"): lambda things: None,
    ("Users", False, "POST"): _user,
    ("Users", True, "GET"): lambda things: None,
    ("Users", True, "PUT"): _user,
    ("Users", True, "PATCH"): lambda things: _patch({"op": "replace", "path": "active", "value": False}),
    ("Users", True, "DELETE"): lambda things: None,
    ("Groups", False, "GET"): lambda things: None,
    ("Groups", False, "POST"): _group,
    ("Groups", True, "GET"): lambda things: None,
    ("Groups", True, "PUT"): _group,
    ("Groups", True, "PATCH"): lambda things: _patch({"op": "remove", "path": "members"}),
    ("Groups", True, "DELETE"): lambda things: None,
    ("Users/.search", False, "POST"): lambda things: _search(f'groups.value eq "{things.group}"'),
    ("Groups/.search", False, "POST"): lambda things: _search(f'members.value eq "{things.membership}"'),
    (".search", False, "POST"): lambda things: _search(f'id eq "{things.group}" or id eq "{things.membership}"'),
    ("", False, "GET"): lambda things: None,
    ("Bulk", False, "POST"): _bulk,
}
# What is the same for everyone, or nobody's.
WITHOUT_TENANTS = {"ServiceProviderConfig", "ResourceTypes", "Schemas", "Me"}


def test_every_scim_route_is_asked_for_things_of_another_workspace() -> None:
    routes = {(*key, method) for key, methods in ROUTES.items() for method in methods}
    assert {route for route in routes if route[0] not in WITHOUT_TENANTS} == BODIES.keys()


@pytest.mark.parametrize("route", BODIES, ids=lambda route: f"{route[2]} {route[0]}{'/id' * route[1]}")
async def test_a_scim_route_knows_nothing_of_another_workspace(
    client: httpx.AsyncClient, setting: Setting, route: tuple[str, bool, str]
) -> None:
    path, with_id, method = route

    async def ask(things: Things) -> tuple[int, str]:
        id = things.group if path == "Groups" else things.membership
        answer = await client.request(
            method,
            f"/scim/v2/{path}{f'/{id}' * with_id}",
            json=BODIES[route](things),
            headers={"Authorization": f"Bearer {setting.mine.scim_token}"},
        )
        return answer.status_code, things.unnamed(answer.text)

    async with setting.theirs_unchanged() as hidden:
        status, text = await ask(setting.theirs)
    assert not {id for id in hidden if id in text}
    if with_id:
        assert (status, text) == (404, (await ask(NOBODYS))[1])


async def test_members_of_another_workspace_never_get_into_a_group(client: httpx.AsyncClient, setting: Setting) -> None:
    headers = {"Authorization": f"Bearer {setting.mine.scim_token}"}
    members = [{"value": setting.theirs.membership}]
    for operation in (
        {"op": "add", "path": "members", "value": members},
        {"op": "replace", "path": "members", "value": members},
        {"op": "add", "value": {"members": members}},
    ):
        answer = await client.patch(f"/scim/v2/Groups/{setting.own_group}", json=_patch(operation), headers=headers)
        assert answer.is_success
        assert setting.theirs.membership not in answer.text
