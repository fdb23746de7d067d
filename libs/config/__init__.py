"""The configuration of a tenant: roles, metric providers, notification rules."""
