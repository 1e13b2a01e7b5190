"""Whatever is asked, within the schema or next to it, is answered or refused; it never fails."""

import hypothesis_graphql
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes

from tenantry.graph.ids import Kind
from tenantry.graph.schema import sdl

from ..make import Workspace, make_group
from .asking import Asker, gid

MOMENTS = st.datetimes().map(lambda moment: nodes.String(f"{moment.isoformat()}Z")) | st.text().map(nodes.String)
SCALARS = {
    "DateTime": MOMENTS,
    "JSON": st.just(nodes.String("{}")),
    "URL": st.just(nodes.String("https://example.com")),
}
EVERYTHING = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
TOLD = {"BAD_REQUEST", "FORBIDDEN", "INVALID", "LIMIT_EXCEEDED"}


async def outcome(owner: Asker, query: str) -> set[str]:
    answer = await owner.send({"query": query})
    assert answer.status_code == 200, answer.text
    return {error["extensions"]["code"] for error in answer.json().get("errors", ())}


@EVERYTHING
@given(query=hypothesis_graphql.queries(sdl(), custom_scalars=SCALARS, allow_x00=False))
async def test_any_query_is_answered(owner: Asker, workspace: Workspace, query: str) -> None:
    query = query.replace('slug: ""', f'slug: "{workspace.slug}"')
    assert await outcome(owner, query) <= TOLD, query


@EVERYTHING
@given(query=hypothesis_graphql.mutations(sdl(), custom_scalars=SCALARS, allow_x00=False))
async def test_any_mutation_is_answered(owner: Asker, query: str) -> None:
    assert await outcome(owner, query) <= TOLD, query


@EVERYTHING
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
async def test_any_text_is_taken_for_what_it_is(owner: Asker, workspace: Workspace, text: str) -> None:
    """In every argument that is a string, of queries and of mutations."""
    here, group = gid(Kind.WORKSPACE, workspace.id), gid(Kind.GROUP, await make_group(workspace))
    query = """query($slug: String!, $text: String!, $id: ID!) {
        node(id: $id) { id } other: workspace(slug: $text) { id }
        workspace(slug: $slug) { membership(email: $text) { id } memberships(after: $text) { totalCount }
        found: memberships(filter: {search: $text}) { totalCount } groups(filter: {search: $text}) { totalCount }
        auditLog(filter: {search: $text, actions: [$text], actorId: $id}) { nodes { id } }
        provisioningLog(filter: {search: $text, tokenId: $id}) { nodes { id } } } }"""
    answer = await owner.post(query, slug=workspace.slug, text=text, id=text)
    assert {error["extensions"]["code"] for error in answer.json().get("errors", ())} <= TOLD
    for mutation, input in (
        ("groupCreate", {"workspaceId": here, "displayName": text}),
        ("groupUpdate", {"id": group, "displayName": text, "expectedVersion": text}),
        ("scimTokenGenerate", {"workspaceId": here, "name": text}),
        ("personalAccessTokenCreate", {"name": text, "scopes": [], "workspaceId": text}),
        ("membershipSuspend", {"membershipId": text, "reason": text, "expectedVersion": text}),
    ):
        assert "errors" in await owner.change(mutation, "__typename", **input)
