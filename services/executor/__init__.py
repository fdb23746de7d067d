"""Consumes `cmd.rollout.*`, publishes `evt.rollout.*` and `live.*`, owns rollouts: alone it knows Kubernetes."""
