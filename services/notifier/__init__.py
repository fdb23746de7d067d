"""Consumes `evt.{deployment,rollout,gate,webhook,analysis}.*`, owns nothing: tells Slack and webhooks, by the rules of
each tenant's configuration. The example of how anyone else may subscribe."""
