"""/Me (RFC 7644 §3.11)."""

import httpx
import pytest

from .provider import refusal, user


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_a_directory_is_nobody(scim: httpx.AsyncClient, method: str) -> None:
    """SCIM-ME-01 (RFC 7644 §3.11): a SCIM token is bound to no user."""
    assert refusal(await scim.request(method, "/Me", json=user())) == (404, None)


async def test_who_shows_no_token_is_asked_for_one(scim: httpx.AsyncClient) -> None:
    """SCIM-SEC-01 (RFC 7644 §2)."""
    assert refusal(await scim.get("/Me", headers={"Authorization": ""})) == (401, None)
