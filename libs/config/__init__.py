"""The configuration of a tenant, one document: roles, metric providers, notification rules. Secrets are only names."""
