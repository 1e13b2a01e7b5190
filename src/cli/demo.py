"""The sample workspaces of `tenantry demo`: made once, opened with new tokens at every start."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from ..models import database
from ..services import groups, lookups, memberships, roles, tokens, workspaces
from ..services.actor import Actor, Request
from ..services.schemas import USER, Document
from ..settings import Settings
from .operations import create_workspace, operator_of, personal_token, scim_token

TOKEN_NAME = "Demo"  # noqa: S105
ENTERPRISE = USER.extensions[0].schema.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One workspace.

    pushed     groups of the directory: name -> addresses of members
    made       groups of the application: name -> (key of the role it confers, addresses of members)
    admin      who may do everything but single sign-on and provisioning
    """

    slug: str
    name: str
    policy: str
    owner: tuple[str, str]
    people: tuple[tuple[str, str, str, str], ...]
    pushed: dict[str, tuple[str, ...]]
    made: dict[str, tuple[str, tuple[str, ...]]]
    admin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """How to get into a sample workspace."""

    slug: str
    policy: str
    owner: str
    personal_token: str
    scim_token: str


# Yuki works for all three customers: one person, three memberships that know nothing of each other.
YUKI = ("yuki", "Yuki", "Tanaka", "Consultant")
SAMPLES = (
    Sample(
        slug="acme",
        name="Acme",
        policy="linked",
        owner=("ada", "Ada Okafor"),
        people=(
            ("ben", "Ben", "Carlsen", "Engineer"),
            ("chiara", "Chiara", "Rossi", "Engineer"),
            ("dev", "Dev", "Patel", "Support agent"),
            ("elif", "Elif", "Demir", "Support agent"),
            ("fatou", "Fatou", "Diallo", "Head of data"),
            YUKI,
        ),
        pushed={"Everyone": ("ben", "chiara", "dev", "elif", "fatou"), "Contractors": ("yuki",)},
        made={
            "Engineering": ("source_admin", ("ben", "chiara", "yuki")),
            "Support": ("destination_read_only", ("dev", "elif")),
        },
        admin="fatou",
    ),
    Sample(
        slug="globex",
        name="Globex",
        policy="invited",
        owner=("goran", "Goran Lindqvist"),
        people=(
            ("hana", "Hana", "Novak", "Analyst"),
            ("ivan", "Ivan", "Petrov", "Analyst"),
            ("jun", "Jun", "Park", "Operations"),
            YUKI,
        ),
        pushed={"Analysts": ("hana", "ivan")},
        made={"Operations": ("source_read_only", ("jun", "yuki"))},
        admin="jun",
    ),
    Sample(
        slug="initech",
        name="Initech",
        policy="managed",
        owner=("ines", "Ines Moreau"),
        people=(
            ("kofi", "Kofi", "Mensah", "Team lead"),
            ("lena", "Lena", "Vogel", "Engineer"),
            ("maya", "Maya", "Cohen", "Engineer"),
            ("noor", "Noor", "Haddad", "Designer"),
            YUKI,
        ),
        pushed={"Platform": ("kofi", "lena", "maya"), "Design": ("noor",)},
        made={"Reviewers": ("destination_read_only", ("kofi", "yuki"))},
        admin="kofi",
    ),
)


async def open_samples(settings: Settings) -> list[Opened]:
    """Make the samples that are missing, and issue tokens for all; the SCIM tokens of earlier starts end."""
    return [await _open(settings, sample) for sample in SAMPLES]


@database.writes
async def _open(settings: Settings, sample: Sample) -> Opened:
    owner = _address(sample.owner[0])
    is_new = await workspaces.find(sample.slug) is None
    if is_new:
        await create_workspace(
            name=sample.name, slug=sample.slug, owner=owner, owner_name=sample.owner[1], policy=sample.policy
        )
    operator = await operator_of(sample.slug)
    for row in await lookups.all_scim_tokens(operator, include_revoked=False):
        if row["name"] == TOKEN_NAME:
            await tokens.scim_token_revoke(operator, row["id"])
    secret = (await scim_token(settings, slug=sample.slug, name=TOKEN_NAME, expires_in_days=None))["token"]
    if is_new:
        caller = await tokens.identify_scim(secret, Request(id=f"demo-{uuid4().hex}"))
        await _fill(sample, operator, caller.actor)
    personal = await personal_token(email=owner, name=TOKEN_NAME)
    return Opened(
        slug=sample.slug, policy=sample.policy, owner=owner, personal_token=personal["token"], scim_token=secret
    )


async def _fill(sample: Sample, operator: Actor, directory: Actor) -> None:
    """People and groups as a directory sends them, then what an administrator does in the application."""
    ids = {}
    for address, document in _documents(sample):
        ids[address] = (await memberships.provision(directory, document)).row["id"]
    for name, members in sample.pushed.items():
        await groups.create(directory, display_name=name, member_ids=[ids[member] for member in members])
    role_ids = {role["key"]: role["id"] for role in await roles.of_workspace(operator)}
    for name, (role, members) in sample.made.items():
        made = await groups.create(operator, display_name=name, member_ids=[ids[member] for member in members])
        await roles.set_for_group(operator, made.row["id"], [role_ids[role]])
    await roles.set_for_membership(operator, ids[sample.admin], [role_ids["workspace_admin"]])


def _documents(sample: Sample) -> Iterator[tuple[str, Document]]:
    for number, (address, given, family, title) in enumerate(sample.people, start=1):
        email = _address(address)
        yield (
            address,
            {
                "userName": email,
                "externalId": f"{sample.slug}-{number}",
                "name": {"givenName": given, "familyName": family, "formatted": f"{given} {family}"},
                "displayName": f"{given} {family}",
                "title": title,
                "emails": [{"value": email, "type": "work", "primary": True}],
                ENTERPRISE: {"employeeNumber": str(1000 + number), "organization": sample.name},
            },
        )


def _address(name: str) -> str:
    return f"{name}@example.com"
