"""Who is doing this: the same for every door."""

from dataclasses import dataclass
from enum import StrEnum

from ..errors import Forbidden


class Permission(StrEnum):
    WORKSPACE_READ = "WORKSPACE_READ"
    WORKSPACE_MANAGE = "WORKSPACE_MANAGE"
    MEMBERS_READ = "MEMBERS_READ"
    MEMBERS_MANAGE = "MEMBERS_MANAGE"
    GROUPS_MANAGE = "GROUPS_MANAGE"
    ROLES_MANAGE = "ROLES_MANAGE"
    SSO_MANAGE = "SSO_MANAGE"
    PROVISIONING_READ = "PROVISIONING_READ"
    PROVISIONING_MANAGE = "PROVISIONING_MANAGE"
    AUDIT_READ = "AUDIT_READ"
    ACCESS_REVIEW = "ACCESS_REVIEW"
    SOURCES_READ = "SOURCES_READ"
    SOURCES_WRITE = "SOURCES_WRITE"
    DESTINATIONS_READ = "DESTINATIONS_READ"
    DESTINATIONS_WRITE = "DESTINATIONS_WRITE"
    SPACES_READ = "SPACES_READ"
    SPACES_WRITE = "SPACES_WRITE"


class Door(StrEnum):
    """Where an actor came in."""

    GRAPHQL = "GRAPHQL"
    SCIM = "SCIM"
    CLI = "CLI"
    SYSTEM = "SYSTEM"


class ActorKind(StrEnum):
    ACCOUNT = "ACCOUNT"
    PERSONAL_ACCESS_TOKEN = "PERSONAL_ACCESS_TOKEN"  # noqa: S105  # a kind, not a secret
    SCIM_TOKEN = "SCIM_TOKEN"  # noqa: S105
    SYSTEM = "SYSTEM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the records say about the message that asked for something."""

    id: str
    ip_address: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is calling, before a workspace is chosen.

    scopes              what the credential was made for (TokenScope); it never gives more than the person has
    only_workspace_id   the credential works in this workspace alone; None: in all of the person's
    """

    kind: ActorKind
    id: str
    label: str
    account_id: str
    scopes: frozenset[str]
    only_workspace_id: str | None
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who is acting, in which workspace, through which door, and what they may do there.

    id              of the account, token or service that acts; None for the system itself
    membership_id   the actor's own membership in the workspace; None for a SCIM token and the system
    is_owner        holds the Workspace Owner role, which alone may hand that role out
    """

    kind: ActorKind
    id: str | None
    label: str
    door: Door
    workspace_id: str
    permissions: frozenset[Permission]
    membership_id: str | None = None
    account_id: str | None = None
    is_owner: bool = False
    request: Request

    @property
    def is_directory(self) -> bool:
        """Whether an identity provider is speaking."""
        return self.kind is ActorKind.SCIM_TOKEN

    def require(self, permission: Permission) -> None:
        if permission not in self.permissions:
            raise Forbidden(f"This takes the permission {permission}")


def system(workspace_id: str, *, door: Door, request_id: str, label: str = "Tenantry") -> Actor:
    """The service itself, or whoever runs its command line."""
    return Actor(
        kind=ActorKind.SYSTEM,
        id=None,
        label=label,
        door=door,
        workspace_id=workspace_id,
        permissions=frozenset(Permission),
        is_owner=True,
        request=Request(id=request_id),
    )
