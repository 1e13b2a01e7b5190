"""People of a workspace: what a directory and the application may do with them, under each policy."""

import asyncio
from typing import Any

import orjson
import pytest

from tenantry.errors import Conflict, InvalidInput, NotFound, VersionMismatch
from tenantry.models import database, new_id
from tenantry.models.database import Row
from tenantry.services import accounts, groups, memberships, policies, roles, versions
from tenantry.services.index_paging import Wanted
from tenantry.services.profiles import Profile
from tenantry.services.schemas import Document

from ..invariants import assert_sound
from ..make import Workspace, audit_actions, make_group, make_person, make_workspace
from .looking import everything, groups_of, last_audit_event, members_of, role_id, roles_of, stored, unchanged

PRESETS = ("LINKED", "INVITED", "MANAGED")
pytestmark = pytest.mark.usefixtures("tables")


def setting(**values: Any) -> Any:
    """An edit of a profile: attributes, and `active`."""

    def edit(profile: Profile) -> Profile:
        document = {**profile.document, **{name: value for name, value in values.items() if name != "active"}}
        return Profile(document, values.get("active", profile.active))

    return edit


async def change(workspace: Workspace, row: Row, **values: Any) -> Row:
    return (await memberships.change(workspace.directory, row["id"], setting(**values))).row


async def new_actions(workspace: Workspace, before: list[str]) -> list[str]:
    actions = await audit_actions(workspace)
    assert actions[: len(before)] == before
    return actions[len(before) :]


def document_of(row: Row) -> Document:
    document: Document = orjson.loads(row["document"])
    return document


class TestProvision:
    @pytest.mark.parametrize(("preset", "state"), [("LINKED", "ACTIVE"), ("INVITED", "INVITED"), ("MANAGED", "ACTIVE")])
    async def test_a_newcomer_is_active_or_invited_by_policy(self, preset: str, state: str) -> None:
        workspace = await make_workspace(preset=preset)
        before = await audit_actions(workspace)
        row = await make_person(workspace, userName="ada@example.com", externalId="e-1")
        assert (row["state"], bool(row["active"])) == (state, True)
        assert (row["user_name"], row["external_id"], row["email"]) == ("ada@example.com", "e-1", "ada@example.com")
        assert (row["origin"], bool(row["directory_managed"]), row["version"]) == ("SCIM", True, 1)
        assert (row["joined_at"] is None) == (state == "INVITED")
        assert row["accepted_at"] is None
        assert await roles_of(row["id"]) == {"minimal_workspace_access"}
        assert await new_actions(workspace, before) == ["membership.created"]
        await assert_sound(workspace)

    @pytest.mark.parametrize(
        ("preset", "state"), [("LINKED", "REMOVED"), ("INVITED", "SUSPENDED"), ("MANAGED", "SUSPENDED")]
    )
    async def test_a_newcomer_may_come_inactive(self, preset: str, state: str) -> None:
        workspace = await make_workspace(preset=preset)
        document = {"userName": "ada@example.com"}
        row = (await memberships.provision(workspace.directory, document, active=False)).row
        assert (row["state"], bool(row["active"])) == (state, False)
        assert await roles_of(row["id"]) == set()
        await assert_sound(workspace)

    async def test_an_address_nobody_has_makes_a_shell_that_proves_nothing(self, workspace: Workspace) -> None:
        row = await make_person(workspace, userName="Ada@Example.com", displayName="Ada")
        account = await stored("accounts", row["account_id"])
        assert account is not None
        assert (account["email"], account["email_key"]) == ("Ada@Example.com", "ada@example.com")
        assert (account["display_name"], account["proven_at"]) == ("Ada", None)

    async def test_an_account_that_exists_is_linked_and_left_as_it_is(
        self, workspace: Workspace, other: Workspace
    ) -> None:
        owner = await memberships.get(other.owner, other.owner_id)
        before = await everything()
        row = await make_person(workspace, userName=owner["email"], displayName="Someone Else Entirely")
        assert row["account_id"] == owner["account_id"]
        assert row["display_name"] == "Someone Else Entirely"
        assert (row["accepted_at"], row["origin"]) == (None, "SCIM")
        after = await everything()
        assert after["accounts"] == before["accounts"]
        assert set(before["memberships"]) <= set(after["memberships"])

    @pytest.mark.parametrize("again", ["ada@example.com", "ADA@EXAMPLE.COM", "ａda@example.com"])
    async def test_someone_who_is_here_is_a_conflict(self, workspace: Workspace, again: str) -> None:
        row = await make_person(workspace, userName="ada@example.com")
        async with unchanged():
            with pytest.raises(Conflict) as refused:
                await make_person(workspace, userName=again)
        assert (refused.value.existing_kind, refused.value.existing_id) == ("membership", row["id"])

    async def test_someone_who_is_here_under_another_name_is_a_conflict(self, workspace: Workspace) -> None:
        await make_person(workspace, userName="ada@example.com")
        async with unchanged():
            with pytest.raises(Conflict):
                await make_person(workspace, userName="ada", emails=[{"value": "ada@example.com"}])

    async def test_the_invited_are_here(self) -> None:
        workspace = await make_workspace(preset="INVITED")
        await make_person(workspace, userName="ada@example.com")
        with pytest.raises(Conflict):
            await make_person(workspace, userName="ada@example.com")

    async def test_the_same_name_in_two_workspaces_is_two_memberships(
        self, workspace: Workspace, other: Workspace
    ) -> None:
        one = await make_person(workspace, userName="ada@example.com")
        two = await make_person(other, userName="ada@example.com")
        assert one["id"] != two["id"]
        assert one["account_id"] == two["account_id"]

    @pytest.mark.parametrize("preset", PRESETS)
    async def test_an_ended_membership_begins_again_under_its_id(self, preset: str) -> None:
        workspace = await make_workspace(preset=preset)
        row = await make_person(workspace, userName="ada@example.com", externalId="old")
        group = await make_group(workspace, by_directory=True)
        await groups.change_members(workspace.directory, group["id"], add=[row["id"]])
        await roles.set_for_membership(workspace.owner, row["id"], [await role_id(workspace, "source_admin")])
        await change(workspace, row, active=False)
        before = await audit_actions(workspace)
        document = {"userName": "Ada@example.com", "externalId": "new", "displayName": "Ada"}
        done = await memberships.provision(workspace.directory, document)
        assert (done.row["id"], done.operation) == (row["id"], "USER_REACTIVATE")
        assert bool(done.row["active"])
        assert done.row["external_id"] == "new"
        assert document_of(done.row)["displayName"] == "Ada"
        kept = preset != "LINKED"
        assert await roles_of(row["id"]) == {"source_admin" if kept else "minimal_workspace_access"}
        assert await groups_of(row["id"]) == ({group["id"]} if kept else set())
        state = "invited" if preset == "INVITED" else "reactivated"
        assert await new_actions(workspace, before) == [f"membership.{state}", "membership.provisioned_again"]
        await assert_sound(workspace)

    async def test_someone_without_an_address_has_no_account_until_one_arrives(self, workspace: Workspace) -> None:
        row = await make_person(workspace, userName="ada", emails=[])
        assert (row["account_id"], row["email"]) == (None, None)
        row = await change(workspace, row, emails=[{"value": "ada@example.com", "type": "work"}])
        account = await stored("accounts", row["account_id"])
        assert account is not None
        assert account["email"] == "ada@example.com"

    async def test_two_without_an_address_are_two_people(self, workspace: Workspace) -> None:
        one, two = [await make_person(workspace, userName=name, emails=[]) for name in ("ada", "ben")]
        assert one["id"] != two["id"]

    async def test_a_text_too_long_to_look_up_is_refused(self, workspace: Workspace) -> None:
        async with unchanged():
            with pytest.raises(InvalidInput, match="at most 500"):
                await make_person(workspace, userName="a" * 501)


class TestChange:
    async def test_the_directory_has_the_say_over_profiles(self, workspace: Workspace) -> None:
        row = await make_person(workspace, userName="ada@example.com")
        before = await audit_actions(workspace)
        changed = await change(workspace, row, userName="countess@example.com", displayName="Countess", title="Dr.")
        assert (changed["user_name"], changed["display_name"]) == ("countess@example.com", "Countess")
        assert document_of(changed)["title"] == "Dr."
        assert changed["version"] == row["version"] + 1
        assert changed["updated_at"] > row["updated_at"]
        assert await new_actions(workspace, before) == ["membership.profile.changed"]
        changes = orjson.loads((await last_audit_event(workspace))["changes"])
        assert changes["userName"] == {"from": "ada@example.com", "to": "countess@example.com"}
        assert changes.keys() == {"userName", "displayName", "title"}

    @pytest.mark.parametrize("preset", ["LINKED", "INVITED"])
    async def test_people_have_the_say_over_their_names(self, preset: str) -> None:
        workspace = await make_workspace(preset=preset)
        row = await make_person(workspace, userName="ada@example.com", displayName="Ada")
        same = await change(workspace, row, userName="eve@example.com", displayName="Eve")
        assert (same["user_name"], same["display_name"], same["version"]) == ("ada@example.com", "Ada", 1)
        changed = await change(workspace, row, displayName="Eve", title="Dr.")
        assert (document_of(changed)["title"], changed["display_name"]) == ("Dr.", "Ada")

    async def test_what_changes_nothing_leaves_no_trace(self, workspace: Workspace) -> None:
        row = await make_person(workspace)
        async with unchanged():
            done = await memberships.change(workspace.directory, row["id"], setting(active=True))
        assert done.changes == {}

    async def test_a_stale_version_is_refused_and_a_current_one_is_not(self, workspace: Workspace) -> None:
        row = await make_person(workspace)
        seen = versions.of(row)
        done = await memberships.change(workspace.directory, row["id"], setting(title="Dr."), if_version=seen)
        async with unchanged():
            with pytest.raises(VersionMismatch) as refused:
                await memberships.change(workspace.directory, row["id"], setting(title="Prof."), if_version=seen)
        assert refused.value.current == versions.of(done.row)
        either = frozenset({seen, versions.of(done.row)})
        await memberships.change(workspace.directory, row["id"], setting(title="Prof."), if_version=either)

    async def test_a_name_of_someone_else_is_a_conflict(self, workspace: Workspace) -> None:
        await make_person(workspace, userName="ada@example.com")
        row = await make_person(workspace, userName="ben@example.com")
        async with unchanged():
            with pytest.raises(Conflict):
                await change(workspace, row, userName="ADA@example.com")

    async def test_an_edit_that_is_refused_leaves_nothing(self, workspace: Workspace) -> None:
        def refuse(profile: Profile) -> Profile:
            raise InvalidInput("no")

        row = await make_person(workspace)
        async with unchanged():
            with pytest.raises(InvalidInput):
                await memberships.change(workspace.directory, row["id"], refuse)

    @pytest.mark.parametrize(
        ("preset", "state"), [("LINKED", "REMOVED"), ("INVITED", "SUSPENDED"), ("MANAGED", "SUSPENDED")]
    )
    async def test_active_false_ends_and_true_begins_again(self, preset: str, state: str) -> None:
        workspace = await make_workspace(preset=preset)
        row = await make_person(workspace)
        group = await make_group(workspace, by_directory=True)
        await groups.change_members(workspace.directory, group["id"], add=[row["id"]])
        ended = await memberships.change(workspace.directory, row["id"], setting(active=False))
        assert (ended.row["state"], bool(ended.row["active"])) == (state, False)
        assert (ended.operation, ended.changes) == ("USER_DEACTIVATE", {"active": {"from": True, "to": False}})
        assert await members_of(group["id"]) == (set() if state == "REMOVED" else {row["id"]})
        assert (await last_audit_event(workspace))["action"] == f"membership.{state.lower()}"
        begun = await memberships.change(workspace.directory, row["id"], setting(active=True))
        assert (begun.row["state"], begun.operation) == (row["state"], "USER_REACTIVATE")
        assert await roles_of(row["id"]) == {"minimal_workspace_access"}
        await assert_sound(workspace)

    async def test_a_profile_and_active_change_together(self, workspace: Workspace) -> None:
        row = await make_person(workspace)
        before = await audit_actions(workspace)
        changed = await change(workspace, row, title="Dr.", active=False)
        assert (document_of(changed)["title"], changed["state"]) == ("Dr.", "SUSPENDED")
        assert await new_actions(workspace, before) == ["membership.profile.changed", "membership.suspended"]

    async def test_lookups_follow_the_profile(self, workspace: Workspace) -> None:
        @database.reads
        async def values() -> set[str]:
            sql = "SELECT value_key FROM membership_values WHERE membership_id = ? AND attribute = 'emails.value'"
            return {value["value_key"] for value in await database.fetch_all(sql, row["id"])}

        row = await make_person(workspace, userName="ada@example.com")
        assert await values() == {"ada@example.com"}
        await change(workspace, row, emails=[{"value": "One@example.com"}, {"value": "two@example.com"}])
        assert await values() == {"one@example.com", "two@example.com"}

    async def test_someone_made_in_the_application_becomes_the_directorys_with_its_first_change(
        self, workspace: Workspace
    ) -> None:
        row = await memberships.add(workspace.owner, email="ada@example.com", display_name="Ada")
        assert not row["directory_managed"]
        changed = await change(workspace, row, title="Dr.")
        assert bool(changed["directory_managed"])


class TestAccountLink:
    async def test_a_shell_only_this_workspace_knows_may_be_left(self, workspace: Workspace) -> None:
        row = await make_person(workspace, userName="ada@example.com")
        changed = await change(workspace, row, userName="countess@example.com")
        account = await stored("accounts", changed["account_id"])
        assert account is not None
        assert account["email"] == "countess@example.com"

    @pytest.mark.parametrize("known_by", ["itself", "another workspace"])
    async def test_an_account_someone_else_knows_stays(
        self, workspace: Workspace, other: Workspace, known_by: str
    ) -> None:
        row = await make_person(workspace, userName="ada@example.com")
        if known_by == "itself":
            await database.writes(accounts.mark_proven)(row["account_id"])
        else:
            await make_person(other, userName="ada@example.com")
        changed = await change(workspace, row, userName="eve@example.com")
        assert changed["account_id"] == row["account_id"]
        assert changed["email"] == "eve@example.com"

    async def test_an_account_that_is_in_the_workspace_already_is_not_taken_twice(self, workspace: Workspace) -> None:
        await make_person(workspace, userName="ada@example.com")
        row = await make_person(workspace, userName="ben@example.com")
        changed = await change(workspace, row, userName="b", emails=[{"value": "ada@example.com"}])
        assert changed["account_id"] == row["account_id"]


class TestDelete:
    async def test_the_row_goes_with_all_that_hangs_on_it_and_the_account_stays(self, workspace: Workspace) -> None:
        row = await make_person(workspace, userName="ada@example.com")
        group = await make_group(workspace, by_directory=True)
        group = await groups.change_members(workspace.directory, group["id"], add=[row["id"]])
        before = await audit_actions(workspace)
        await memberships.delete(workspace.directory, row["id"], if_version=versions.of(row))
        with pytest.raises(NotFound):
            await memberships.get(workspace.directory, row["id"])
        assert await stored("accounts", row["account_id"]) is not None
        left = await groups.get(workspace.directory, group["id"])
        assert (left["member_count"], left["version"]) == (0, group["version"] + 1)
        assert await new_actions(workspace, before) == ["membership.deleted"]
        event = await last_audit_event(workspace)
        assert (event["target_id"], event["target_label"]) == (row["id"], row["display_name"])
        await assert_sound(workspace)

    async def test_a_new_person_of_that_name_has_a_new_id(self, workspace: Workspace) -> None:
        row = await make_person(workspace, userName="ada@example.com")
        await memberships.delete(workspace.directory, row["id"])
        again = await make_person(workspace, userName="ada@example.com")
        assert again["id"] != row["id"]
        assert again["account_id"] == row["account_id"]

    async def test_a_stale_version_is_refused(self, workspace: Workspace) -> None:
        row = await make_person(workspace)
        await change(workspace, row, title="Dr.")
        async with unchanged():
            with pytest.raises(VersionMismatch):
                await memberships.delete(workspace.directory, row["id"], if_version=versions.of(row))

    async def test_it_is_gone_only_once(self, workspace: Workspace) -> None:
        row = await make_person(workspace)
        await memberships.delete(workspace.directory, row["id"])
        with pytest.raises(NotFound):
            await memberships.delete(workspace.directory, row["id"])


@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
async def test_who_leaves_a_group_and_the_workspace_at_once_is_counted_out_once(workspace: Workspace) -> None:
    row = await make_person(workspace)
    group = await make_group(workspace, by_directory=True)
    await groups.change_members(workspace.directory, group["id"], add=[row["id"]])
    await memberships.suspend(workspace.owner, row["id"])
    await policies.update(workspace.owner, preset="LINKED")
    taken, released = asyncio.Event(), asyncio.Event()

    @database.writes
    async def take_out() -> None:
        await groups.change_members(workspace.directory, group["id"], remove=[row["id"]])
        taken.set()
        await released.wait()

    taking = asyncio.create_task(take_out())
    await taken.wait()
    document = {"userName": row["user_name"]}
    removing = asyncio.create_task(memberships.provision(workspace.directory, document, active=False))
    await asyncio.sleep(0.1)
    released.set()
    await asyncio.gather(taking, removing)
    assert (await memberships.get(workspace.owner, row["id"]))["state"] == "REMOVED"
    await assert_sound(workspace)


class TestStates:
    """suspend, remove and reactivate from every state."""

    @pytest.mark.parametrize("verb", ["suspend", "remove", "reactivate"])
    @pytest.mark.parametrize("state", ["INVITED", "ACTIVE", "SUSPENDED", "REMOVED"])
    async def test_each_verb_leads_to_its_state(self, verb: str, state: str) -> None:
        workspace = await make_workspace(preset="INVITED" if state == "INVITED" else "MANAGED")
        row = await make_person(workspace)
        if state in ("SUSPENDED", "REMOVED"):
            enter = memberships.suspend if state == "SUSPENDED" else memberships.remove
            row = await enter(workspace.owner, row["id"])
        before = await audit_actions(workspace)
        run = {"suspend": memberships.suspend, "remove": memberships.remove, "reactivate": memberships.reactivate}[verb]
        changed = await run(workspace.owner, row["id"], reason="because", if_version=versions.of(row))
        wanted = {
            "suspend": "REMOVED" if state == "REMOVED" else "SUSPENDED",
            "remove": "REMOVED",
            "reactivate": state if state == "INVITED" else "ACTIVE",
        }[verb]
        assert changed["state"] == wanted
        assert bool(changed["active"]) == (wanted in ("ACTIVE", "INVITED"))
        assert (changed["suspended_at"] is not None) == (wanted == "SUSPENDED")
        happened = await new_actions(workspace, before)
        if wanted == state:
            assert (happened, changed["version"]) == ([], row["version"])
        else:
            names = {"SUSPENDED": "suspended", "REMOVED": "removed", "ACTIVE": "reactivated"}
            assert (happened, changed["version"]) == ([f"membership.{names[wanted]}"], row["version"] + 1)
            changes = orjson.loads((await last_audit_event(workspace))["changes"])
            assert changes == {"state": {"from": state, "to": wanted}, "reason": "because"}
        await assert_sound(workspace)

    async def test_the_suspended_keep_groups_and_roles_and_the_removed_lose_them(self, workspace: Workspace) -> None:
        row = await make_person(workspace)
        group = await make_group(workspace)
        await groups.change_members(workspace.owner, group["id"], add=[row["id"]])
        await roles.set_for_membership(workspace.owner, row["id"], [await role_id(workspace, "source_admin")])
        await memberships.suspend(workspace.owner, row["id"])
        assert (await groups_of(row["id"]), await roles_of(row["id"])) == ({group["id"]}, {"source_admin"})
        await memberships.remove(workspace.owner, row["id"])
        assert (await groups_of(row["id"]), await roles_of(row["id"])) == (set(), set())
        await memberships.reactivate(workspace.owner, row["id"])
        assert (await groups_of(row["id"]), await roles_of(row["id"])) == (set(), {"minimal_workspace_access"})

    async def test_who_never_joined_is_invited_again(self) -> None:
        workspace = await make_workspace(preset="INVITED")
        row = await make_person(workspace)
        await memberships.suspend(workspace.owner, row["id"])
        again = await memberships.reactivate(workspace.owner, row["id"])
        assert (again["state"], bool(again["active"])) == ("INVITED", True)

    async def test_who_joined_is_active_again(self) -> None:
        workspace = await make_workspace(preset="INVITED")
        row = await make_person(workspace)
        await memberships.accept(workspace.owner, row["id"])
        await memberships.suspend(workspace.owner, row["id"])
        assert (await memberships.reactivate(workspace.owner, row["id"]))["state"] == "ACTIVE"

    @pytest.mark.parametrize("verb", ["suspend", "remove", "reactivate"])
    async def test_a_stale_version_is_refused(self, workspace: Workspace, verb: str) -> None:
        row = await make_person(workspace)
        if verb == "reactivate":
            await memberships.suspend(workspace.owner, row["id"])
        await change(workspace, row, title="Dr.")
        async with unchanged():
            with pytest.raises(VersionMismatch):
                await getattr(memberships, verb)(workspace.owner, row["id"], if_version=versions.of(row))


class TestAccept:
    async def test_the_invited_are_in_from_then_on(self) -> None:
        workspace = await make_workspace(preset="INVITED")
        row = await make_person(workspace)
        await memberships.accept(workspace.owner, row["id"])
        accepted = await memberships.get(workspace.owner, row["id"])
        assert (accepted["state"], accepted["accepted_at"] is not None) == ("ACTIVE", True)
        assert accepted["joined_at"] is not None

    async def test_accepting_again_changes_nothing(self, workspace: Workspace) -> None:
        row = await make_person(workspace)
        await memberships.accept(workspace.owner, row["id"])
        async with unchanged():
            await memberships.accept(workspace.owner, row["id"])


class TestAdd:
    async def test_someone_is_a_member_at_once(self, workspace: Workspace) -> None:
        before = await audit_actions(workspace)
        row = await memberships.add(workspace.owner, email="ada@example.com", display_name=" Ada King Lovelace ")
        assert (row["state"], row["origin"], row["user_name"]) == ("ACTIVE", "MANUAL", "ada@example.com")
        assert row["invited_by"] == workspace.owner_id
        assert not row["directory_managed"]
        name = {"givenName": "Ada", "familyName": "King Lovelace", "formatted": "Ada King Lovelace"}
        assert document_of(row)["name"] == name
        assert await roles_of(row["id"]) == {"minimal_workspace_access"}
        assert await new_actions(workspace, before) == ["membership.created"]

    async def test_someone_who_is_here_is_a_conflict(self, workspace: Workspace) -> None:
        await make_person(workspace, userName="ada@example.com")
        async with unchanged():
            with pytest.raises(Conflict):
                await memberships.add(workspace.owner, email="Ada@example.com", display_name="Ada")

    @pytest.mark.parametrize("email", ["", "ada", "@example.com", "ada@", "a b@example.com", "a@b@example.com"])
    async def test_what_is_no_address_is_refused(self, workspace: Workspace, email: str) -> None:
        async with unchanged():
            with pytest.raises(InvalidInput) as refused:
                await memberships.add(workspace.owner, email=email, display_name="Ada")
        assert refused.value.path == ("email",)

    async def test_a_name_that_does_not_show_is_refused(self, workspace: Workspace) -> None:
        with pytest.raises(InvalidInput):
            await memberships.add(workspace.owner, email="ada@example.com", display_name="\u202e")


class TestReading:
    async def test_groups_are_shown_when_asked_for(self, workspace: Workspace) -> None:
        group = await make_group(workspace, name="Team", members=1)
        (member,) = await members_of(group["id"])
        row = await memberships.get(workspace.owner, member, groups_at="https://example.com/Groups/")
        shown = {
            "value": group["id"],
            "$ref": f"https://example.com/Groups/{group['id']}",
            "display": "Team",
            "type": "direct",
        }
        assert orjson.loads(row["groups"]) == [shown]
        assert "groups" not in (await memberships.get(workspace.owner, member)).keys()  # noqa: SIM118

    async def test_a_page_is_in_the_order_of_making_and_knows_the_total(self, workspace: Workspace) -> None:
        people = [workspace.owner_id, *[(await make_person(workspace))["id"] for _ in range(5)]]
        page = await memberships.page(workspace.owner, Wanted(start=3, count=2))
        assert ([row["id"] for row in page.rows], page.total, page.has_more) == (people[2:4], 6, True)
        page = await memberships.page(workspace.owner, Wanted(start=7, count=2))
        assert (page.rows, page.total, page.has_more) == ([], 6, False)
        page = await memberships.page(workspace.owner, Wanted(count=0))
        assert (page.rows, page.total) == ([], 6)

    async def test_nobody_has_an_unknown_id(self, workspace: Workspace) -> None:
        with pytest.raises(NotFound) as refused:
            await memberships.get(workspace.owner, new_id())
        assert refused.value.kind == "user"
