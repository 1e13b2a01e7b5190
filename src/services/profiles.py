"""A directory's profile of a person: from the document it sent to the columns, twin and index rows we keep of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from ..models import ProfileAuthority, database
from . import texts
from .comparison import canonical_user_name, fold, indexed_values, search_twin
from .schemas import USER, Document, schemas_of


@dataclass(frozen=True, slots=True)
class Profile:
    """What a directory says of one person; `active` stands beside the document because it is a state of ours."""

    document: Document
    active: bool


# From the profile that stands to the one that is wanted; pure, for it may be asked twice.
Edit = Callable[[Profile], Profile]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A document as it is kept: values of columns by name, and (attribute, key) of its index rows."""

    columns: dict[str, Any]
    values: list[tuple[str, str]]

    @property
    def email(self) -> str | None:
        email: str | None = self.columns["email"]
        return email

    @property
    def display_name(self) -> str:
        name: str = self.columns["display_name"]
        return name


def of_person(email: str, display_name: str) -> Document:
    """The profile of someone added in the application; providers want both parts of a name, so it is split."""
    given, _, family = display_name.partition(" ")
    return {
        "userName": email,
        "name": {"givenName": given, "familyName": family or given, "formatted": display_name},
        "displayName": display_name,
        "emails": [{"value": email, "type": "work", "primary": True}],
    }


def store(document: Document) -> Stored:
    """How a document is kept.

    refuses   InvalidInput when a text that lookups go by is longer than texts.KEY_CHARS_MAX
    """
    user_name, display_name = document["userName"], name_in(document)
    email = address_in(document)
    shown = {"schemas": schemas_of(USER, document), **document}
    return Stored(
        columns={
            "user_name": user_name,
            "user_name_key": texts.key(canonical_user_name(user_name), attribute="userName"),
            "external_id": (external_id := document.get("externalId"))
            and texts.key(external_id, attribute="externalId"),
            "display_name": display_name,
            "display_name_key": texts.key(fold(display_name), attribute="displayName"),
            "email": email,
            "email_key": email and texts.key(canonical_user_name(email), attribute="emails"),
            "document": orjson.dumps(shown).decode(),
            "search": orjson.dumps(search_twin(USER, document)).decode(),
        },
        values=[(path, texts.key(value, attribute=path)) for path, value in indexed_values(USER, document)],
    )


def load(text: str) -> Document:
    """The document as it is edited: without the `schemas` that follow from it."""
    document: Document = orjson.loads(text)
    document.pop("schemas", None)
    return document


def settle(document: Document, authority: str, *, standing: Document | None = None) -> Document:
    """The document with what the workspace's policy lets a directory say.

    Under ACCOUNT people own their names: userName and displayName stay as they stand once there is a membership, and a
    displayName is always shown.
    """
    if authority == ProfileAuthority.DIRECTORY:
        return document
    kept: Document = (
        {name: standing[name] for name in ("userName", "displayName") if name in standing} if standing else {}
    )
    return {**document, "displayName": name_in(document), **kept}


def address_in(document: Document) -> str | None:
    """Where the person can be reached: the userName when it is an address, else the primary, work or only email."""
    if is_address(user_name := document["userName"]):
        return str(user_name)
    emails = [email for email in document.get("emails", ()) if is_address(email.get("value", ""))]
    for fits in (lambda email: email.get("primary"), lambda email: fold(email.get("type", "")) == "work"):
        if chosen := [email for email in emails if fits(email)]:
            return str(chosen[0]["value"])
    return str(emails[0]["value"]) if len(emails) == 1 else None


def name_in(document: Document) -> str:
    """What to call the person, whatever the directory sent of a name."""
    name = document.get("name", {})
    parts = (name.get("givenName"), name.get("familyName"))
    called = (document.get("displayName"), name.get("formatted"), " ".join(part for part in parts if part))
    return next((text for text in called if text), None) or str(document["userName"])


def is_address(text: str) -> bool:
    """Whether mail could be sent there, by its shape alone: one @ with something on both sides and no space."""
    local, at, domain = text.rpartition("@")
    return bool(at and local and domain) and "@" not in local and not any(letter.isspace() for letter in text)


def differences(before: Document, after: Document) -> dict[str, Any]:
    """What became of what, attribute by attribute, for the records people read."""
    names = sorted(before.keys() | after.keys())
    return {
        name: {"from": before.get(name), "to": after.get(name)} for name in names if before.get(name) != after.get(name)
    }


async def replace_values(workspace_id: str, membership_id: str, values: list[tuple[str, str]]) -> None:
    """Write the index rows of one membership. Inside the caller's transaction."""
    await database.execute(
        "DELETE FROM membership_values WHERE workspace_id = ? AND membership_id = ?", workspace_id, membership_id
    )
    await add_values(workspace_id, membership_id, values)


async def add_values(workspace_id: str, membership_id: str, values: list[tuple[str, str]]) -> None:
    await database.execute_many(
        "INSERT INTO membership_values (workspace_id, membership_id, attribute, value_key) VALUES (?, ?, ?, ?)",
        [(workspace_id, membership_id, attribute, value) for attribute, value in values],
    )
