"""The HTTP front door: takes deployments and people's decisions, shows what becomes of them.

Consumes nothing; publishes `cmd.deployment.*` and people's `cmd.rollout.*`; owns submissions, locks and configuration.
"""
