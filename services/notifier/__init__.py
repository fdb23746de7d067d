"""Subscribes to `evt.deployment.*` and tells people where they asked to be told."""
