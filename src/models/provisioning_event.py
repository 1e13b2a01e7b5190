from enum import StrEnum

from tortoise import fields
from tortoise.models import Model

from .fields import IdField, MomentField


class ProvisioningOperation(StrEnum):
    """What a SCIM request was about."""

    USER_CREATE = "USER_CREATE"
    USER_UPDATE = "USER_UPDATE"
    USER_DEACTIVATE = "USER_DEACTIVATE"
    USER_REACTIVATE = "USER_REACTIVATE"
    USER_DELETE = "USER_DELETE"
    GROUP_CREATE = "GROUP_CREATE"
    GROUP_UPDATE = "GROUP_UPDATE"
    GROUP_DELETE = "GROUP_DELETE"
    GROUP_MEMBERS = "GROUP_MEMBERS"
    READ = "READ"
    BULK = "BULK"


class Outcome(StrEnum):
    """How a SCIM request ended: REJECTED is a refusal of ours, FAILED a fault of ours."""

    SUCCESS = "SUCCESS"
    NO_CHANGE = "NO_CHANGE"
    REJECTED = "REJECTED"
    FAILED = "FAILED"


class ProvisioningEvent(Model):
    """One SCIM request and its answer. Keeps ids and labels as values: the log outlives what it speaks of."""

    id = IdField(primary_key=True)
    workspace_id = IdField()
    occurred_at = MomentField()
    scim_token_id = IdField(null=True)
    operation = fields.CharEnumField(ProvisioningOperation, max_length=15)
    http_method = fields.CharField(max_length=10)
    path = fields.TextField()
    status = fields.SmallIntField()
    outcome = fields.CharEnumField(Outcome, max_length=9)
    scim_type = fields.CharField(max_length=20, null=True)
    detail = fields.TextField(null=True)
    # What an administrator can do about a refusal.
    hint = fields.TextField(null=True)
    membership_id = IdField(null=True)
    group_id = IdField(null=True)
    target_label = fields.TextField(null=True)
    changes: fields.JSONField[dict[str, object] | None] = fields.JSONField(null=True)
    duration_ms = fields.IntField()
    request_id = fields.CharField(max_length=64)

    class Meta:
        table = "provisioning_events"
        unique_together = (("workspace_id", "id"),)
        indexes = (("workspace_id", "membership_id", "id"), ("workspace_id", "group_id", "id"))
