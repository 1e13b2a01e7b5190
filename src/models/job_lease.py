from tortoise import fields
from tortoise.models import Model

from .fields import MomentField


class JobLease(Model):
    """Until when one process alone may do a job."""

    name = fields.CharField(max_length=100, primary_key=True)
    until = MomentField()

    class Meta:
        table = "job_leases"
