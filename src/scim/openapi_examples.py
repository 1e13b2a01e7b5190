"""Bodies as providers send them, for the OpenAPI document."""

from typing import Any

from ..services.schemas import GROUP, USER
from .bulk import BULK_REQUEST
from .patch import PATCH_OP
from .search import SEARCH_REQUEST

_ENTERPRISE = USER.extensions[0].schema.id
_SOMEONE = "0197c3a4-5d7e-7c11-8a7b-3f2e9d1c0b5a"


def _patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


# component -> what it shows -> example
_BODIES: dict[str, dict[str, dict[str, Any]]] = {
    "UserBody": {
        "employee": {
            "schemas": [USER.schema.id, _ENTERPRISE],
            "userName": "ada@example.com",
            "externalId": "00u1a2b3",
            "name": {"givenName": "Ada", "familyName": "Lovelace"},
            "displayName": "Ada Lovelace",
            "emails": [{"value": "ada@example.com", "type": "work", "primary": True}],
            "active": True,
            _ENTERPRISE: {"department": "Analysis", "manager": {"value": _SOMEONE}},
        },
        "as little as can be": {"schemas": [USER.schema.id], "userName": "grace@example.com"},
    },
    "UserPatch": {
        "deactivation, as Entra sends it": _patch({"op": "Replace", "path": "active", "value": "False"}),
        "deactivation, as Okta sends it": _patch({"op": "replace", "value": {"active": False}}),
        "work address": _patch(
            {"op": "replace", "path": 'emails[type eq "work"].value', "value": "ada.king@example.com"},
            {"op": "add", "path": "name.familyName", "value": "King"},
            {"op": "remove", "path": "nickName"},
        ),
    },
    "GroupBody": {
        "team": {
            "schemas": [GROUP.schema.id],
            "displayName": "Engineering",
            "externalId": "00g4d5e6",
            "members": [{"value": _SOMEONE}],
        },
    },
    "GroupPatch": {
        "one comes, one goes": _patch(
            {"op": "add", "path": "members", "value": [{"value": _SOMEONE}]},
            {"op": "remove", "path": f'members[value eq "{_SOMEONE}"]'},
        ),
        "new name": _patch({"op": "replace", "value": {"displayName": "Platform Engineering"}}),
    },
    "UserSearch": {
        "first page": {
            "schemas": [SEARCH_REQUEST],
            "filter": 'displayName sw "A"',
            "attributes": ["displayName"],
            "startIndex": 1,
            "count": 10,
        }
    },
    "GroupSearch": {"those of a person": {"schemas": [SEARCH_REQUEST], "filter": f'members.value eq "{_SOMEONE}"'}},
    "Search": {"names": {"schemas": [SEARCH_REQUEST], "filter": 'displayName sw "E"', "sortBy": "displayName"}},
    "BulkRequest": {
        "someone, and a group of theirs": {
            "schemas": [BULK_REQUEST],
            "failOnErrors": 1,
            "Operations": [
                {
                    "method": "POST",
                    "path": "/Users",
                    "bulkId": "ada",
                    "data": {"schemas": [USER.schema.id], "userName": "ada.byron@example.com"},
                },
                {
                    "method": "POST",
                    "path": "/Groups",
                    "bulkId": "analysts",
                    "data": {
                        "schemas": [GROUP.schema.id],
                        "displayName": "Analysts",
                        "members": [{"value": "bulkId:ada"}],
                    },
                },
            ],
        }
    },
}
EXAMPLES = {
    component: {name: {"value": body} for name, body in bodies.items()} for component, bodies in _BODIES.items()
}
