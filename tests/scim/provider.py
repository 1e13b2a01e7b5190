"""What identity providers say: clients that are connected to a workspace, and the messages they send."""

from typing import Any

import httpx
from starlette.applications import Starlette

from ..make import Workspace

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BASE = "http://testserver/scim/v2"
Resource = dict[str, Any]


def connect(app: Starlette, workspace: Workspace) -> httpx.AsyncClient:
    """The identity provider of a workspace; its paths start at the SCIM base."""
    headers = {"Authorization": f"Bearer {workspace.scim_token}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE, headers=headers)


def user(user_name: str = "ada@example.com", /, **attributes: Any) -> Resource:
    return {"schemas": [USER], "userName": user_name, **attributes}


def group(display_name: str = "Team", /, *member_ids: str, **attributes: Any) -> Resource:
    members = {"members": [{"value": id} for id in member_ids]} if member_ids else {}
    return {"schemas": [GROUP], "displayName": display_name, **members, **attributes}


def patch(*operations: Resource) -> Resource:
    return {"schemas": [PATCH], "Operations": operations}


def replace(path: str, value: Any) -> Resource:
    return {"op": "replace", "path": path, "value": value}


ADA: Resource = {
    "externalId": "e-1",
    "name": {"givenName": "Ada", "familyName": "Okafor"},
    "displayName": "Ada Okafor",
    "emails": [{"value": "ada@example.com", "type": "work", "primary": True}],
    ENTERPRISE: {"department": "Physics"},
}
DEACTIVATE = patch(replace("active", False))
REACTIVATE = patch({"op": "replace", "value": {"active": True}})


async def new_user(scim: httpx.AsyncClient, user_name: str = "ada@example.com", /, **attributes: Any) -> Resource:
    return made(await scim.post("/Users", json=user(user_name, **attributes)))


async def new_group(
    scim: httpx.AsyncClient, display_name: str = "Team", /, *member_ids: str, **attributes: Any
) -> Resource:
    return made(await scim.post("/Groups", json=group(display_name, *member_ids, **attributes)))


def made(answer: httpx.Response) -> Resource:
    """The resource of a 201."""
    assert answer.status_code == 201, answer.text
    return resource(answer)


def resource(answer: httpx.Response) -> Resource:
    """The resource, or the list, of a good answer."""
    assert answer.is_success, answer.text
    body: Resource = answer.json()
    return body


def refusal(answer: httpx.Response) -> tuple[int, str | None]:
    """(status, scimType) of a refusal, after asserting that it is one as RFC 7644 §3.12 shapes it."""
    body = answer.json()
    assert body["schemas"] == [ERROR]
    assert body["status"] == str(answer.status_code)
    assert body["detail"]
    assert answer.headers["content-type"] == "application/scim+json"
    return answer.status_code, body.get("scimType")
