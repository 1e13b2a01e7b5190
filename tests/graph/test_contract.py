"""The published schema is the one that runs, and what it says of itself is true."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import DirectiveNode, GraphQLObjectType, build_schema, validate_schema

from tenantry.graph import faults
from tenantry.graph.ids import PREFIXES, Kind
from tenantry.graph.schema import sdl
from tenantry.services.actor import Permission

from ..make import Workspace, make_group, make_person
from .asking import Asker, gid, make_member
from .test_workspaces import FIELDS

ROOT = Path(__file__).parent.parent.parent
SCHEMA = build_schema(sdl())


def required(type_name: str) -> dict[str, Permission]:
    """What the schema says of the permissions that the fields of a type take."""
    found = {}
    type_ = SCHEMA.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    for name, field in type_.fields.items():
        assert field.ast_node
        for directive in field.ast_node.directives or ():
            if directive.name.value == "requires":
                found[name] = Permission(_value(directive))
    return found


def _value(directive: DirectiveNode) -> str:
    value: Any = (directive.arguments or ())[0].value
    text: str = value.value
    return text


def test_the_published_schema_is_the_one_that_runs() -> None:
    """`tenantry graphql-schema > openapi/schema.graphql` writes it anew."""
    assert (ROOT / "openapi" / "schema.graphql").read_text() == sdl()


def test_the_schema_is_valid() -> None:
    assert validate_schema(SCHEMA) == []


def test_fields_say_truly_what_permission_they_take() -> None:
    """The table FIELDS is tested against the running fields in test_workspaces."""
    told = required("Workspace")
    tested = {field.split("(")[0].split(" ")[0]: permission for field, permission in FIELDS.items()}
    assert told == {
        name: permission for name, permission in tested.items() if permission is not Permission.MEMBERS_READ
    }


def test_every_mutation_of_a_workspace_says_what_permission_it_takes() -> None:
    mutation = SCHEMA.mutation_type
    assert mutation is not None
    assert mutation.fields.keys() - required("Mutation").keys() == {
        "personalAccessTokenCreate",
        "personalAccessTokenRevoke",
    }


@pytest.mark.parametrize("mutation", required("Mutation"))
async def test_a_mutation_takes_the_permission_it_says(
    client: httpx.AsyncClient, workspace: Workspace, mutation: str
) -> None:
    permission = required("Mutation")[mutation]
    query = f"mutation {{ {mutation}(input: {await _input(workspace, mutation)}) {{ errors {{ code }} }} }}"
    lacking, _ = await make_member(client, workspace, *(set(Permission) - {permission}))
    assert await lacking.codes(query) == ["FORBIDDEN"]
    having, _ = await make_member(client, workspace, Permission.WORKSPACE_READ, Permission.MEMBERS_READ, permission)
    assert (await having.ask(query))[mutation]["errors"] == []
    assert await Asker(client).codes(query) == ["UNAUTHENTICATED"]


async def _input(workspace: Workspace, mutation: str) -> str:
    here = gid(Kind.WORKSPACE, workspace.id)
    token = gid(Kind.SCIM_TOKEN, str(workspace.directory.id))
    group, member = gid(Kind.GROUP, await make_group(workspace)), gid(Kind.MEMBERSHIP, await make_person(workspace))
    return {
        "membershipSuspend": f'{{membershipId: "{member}"}}',
        "membershipReactivate": f'{{membershipId: "{member}"}}',
        "membershipRemove": f'{{membershipId: "{member}"}}',
        "membershipRolesSet": f'{{subjectId: "{member}", assignments: []}}',
        "groupCreate": f'{{workspaceId: "{here}", displayName: "New"}}',
        "groupUpdate": f'{{id: "{group}", displayName: "New"}}',
        "groupDelete": f'{{id: "{group}"}}',
        "groupMembersChange": f'{{groupId: "{group}", add: ["{member}"]}}',
        "groupRolesSet": f'{{subjectId: "{group}", assignments: []}}',
        "scimTokenGenerate": f'{{workspaceId: "{here}", name: "New"}}',
        "scimTokenRotate": f'{{id: "{token}"}}',
        "scimTokenRevoke": f'{{id: "{token}"}}',
        "provisioningPolicyUpdate": f'{{workspaceId: "{here}", preset: LINKED}}',
    }[mutation]


def test_codes_and_prefixes_are_documented() -> None:
    text = (ROOT / "docs" / "graphql.md").read_text()
    codes = {*faults.CODES.values(), "BAD_REQUEST", "LIMIT_EXCEEDED", "TIMEOUT", "INTERNAL"}
    for word in (*codes, *(f"{prefix}_" for prefix in PREFIXES.values())):
        assert f"`{word}`" in text
