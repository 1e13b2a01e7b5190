"""Door for identity providers: SCIM 2.0 (RFC 7643, RFC 7644), strict in what it sends and tolerant of real clients.

A request passes `routes` (which endpoint), `auth` (whose token), then `users`, `groups` or `discovery`, which turn the
message into a call of a service and its row into an answer. The rules are in `services`.
"""
