"""Deployments of the past as they were stored, and the test that today's code would lead them the same way."""
