"""Whoever is asking, as the person they are."""

import strawberry

from ..models import MembershipState
from ..models.database import Row
from ..services import listings, lookups
from ..services.listings import OWN_MEMBERSHIPS_ORDER, OWN_TOKENS_ORDER
from . import memberships
from .context import Context, Info
from .directives import ListSize
from .memberships import MembershipConnection
from .people import User
from .personal_tokens import PersonalAccessToken, PersonalAccessTokenConnection
from .scalars import Moment

FORWARD = ListSize(slicing_arguments=["first"])
HERE_OR_ASKED = [MembershipState.ACTIVE, MembershipState.INVITED]


@strawberry.type
class Viewer:
    user: User
    email_verified_at: Moment | None

    @classmethod
    def of(cls, row: Row) -> "Viewer":
        return cls(user=User.of(row), email_verified_at=row["proven_at"])

    @strawberry.field(directives=[FORWARD])
    async def memberships(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        states: list[MembershipState] | None = HERE_OR_ASKED,  # never changed
    ) -> MembershipConnection:
        principal, wanted = info.context.principal, tuple(HERE_OR_ASKED if states is None else states)
        window = info.context.window(OWN_MEMBERSHIPS_ORDER, first=first, after=after)
        page = await listings.own_memberships(principal, wanted, window)
        return memberships.connection(page, lambda: listings.count_own_memberships(principal, wanted))

    @strawberry.field(directives=[FORWARD])
    async def personal_access_tokens(
        self, info: Info, first: int | None = None, after: str | None = None, include_revoked: bool = False
    ) -> PersonalAccessTokenConnection:
        window = info.context.window(OWN_TOKENS_ORDER, first=first, after=after)
        page = await listings.own_tokens(info.context.principal, window, include_revoked=include_revoked)
        return PersonalAccessTokenConnection(nodes=[PersonalAccessToken.of(row) for row in page.rows], page=page)


async def viewer(context: Context) -> Viewer | None:
    return Viewer.of(await lookups.account(context.caller)) if context.caller else None
