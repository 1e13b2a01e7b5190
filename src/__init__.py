"""The directory behind a multi-tenant application: people, workspaces, groups and roles."""
