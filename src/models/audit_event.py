from tortoise import fields
from tortoise.models import Model

from .fields import IdField, MomentField


class AuditEvent(Model):
    """One change: who did what to what. Each row carries the hash of the one before it, per workspace."""

    id = IdField(primary_key=True)
    workspace_id = IdField()
    sequence = fields.BigIntField()
    occurred_at = MomentField()
    action = fields.CharField(max_length=80)
    actor_kind = fields.CharField(max_length=30)
    actor_id = IdField(null=True)
    actor_label = fields.TextField()
    door = fields.CharField(max_length=10)
    target_kind = fields.CharField(max_length=30)
    target_id = IdField(null=True)
    target_label = fields.TextField()
    changes: fields.JSONField[dict[str, object]] = fields.JSONField()
    ip_address = fields.CharField(max_length=45, null=True)
    request_id = fields.CharField(max_length=64)
    previous_hash = fields.CharField(max_length=64)
    hash = fields.CharField(max_length=64)

    class Meta:
        table = "audit_events"
        unique_together = (("workspace_id", "sequence"), ("workspace_id", "id"))
        indexes = (
            ("workspace_id", "target_id", "id"),
            ("workspace_id", "actor_id", "id"),
            ("workspace_id", "action", "id"),
        )
