"""What is stored: one file per noun. Rows and columns only; what may be done with them is said in `services`."""

from .account import Account
from .audit_event import AuditEvent
from .fields import first_id_of, is_id, new_id, now
from .group import Group, GroupMember
from .job_lease import JobLease
from .membership import Membership, MembershipState, MembershipValue, Origin
from .policy import (
    DeactivationAction,
    GroupLinking,
    OnboardingMode,
    ProfileAuthority,
    ProvisioningPolicy,
    UnknownMembers,
)
from .provisioning_event import Outcome, ProvisioningEvent, ProvisioningOperation
from .role import Role, RoleAssignment
from .token import PersonalAccessToken, ScimToken
from .workspace import Workspace, WorkspaceHead

__all__ = [
    "Account",
    "AuditEvent",
    "DeactivationAction",
    "Group",
    "GroupLinking",
    "GroupMember",
    "JobLease",
    "Membership",
    "MembershipState",
    "MembershipValue",
    "OnboardingMode",
    "Origin",
    "Outcome",
    "PersonalAccessToken",
    "ProfileAuthority",
    "ProvisioningEvent",
    "ProvisioningOperation",
    "ProvisioningPolicy",
    "Role",
    "RoleAssignment",
    "ScimToken",
    "UnknownMembers",
    "Workspace",
    "WorkspaceHead",
    "first_id_of",
    "is_id",
    "new_id",
    "now",
]
