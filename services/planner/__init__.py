"""Consumes `cmd.deployment.*` and what becomes of rollouts, publishes `evt.deployment.*` and `cmd.rollout.*`, owns
deployments."""
