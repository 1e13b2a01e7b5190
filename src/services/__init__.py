"""What can be done: one module per noun. Permission first, then one transaction with its checks, change and record.

No service knows a request, a schema type or a SCIM message; every query starts from the actor's workspace.
"""
