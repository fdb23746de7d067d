"""Consumes `cmd.deployment.*` and what becomes of rollouts and runs, publishes `evt.deployment.*`, `evt.gate.*` and
`cmd.rollout.*`, owns deployments."""
