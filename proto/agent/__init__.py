"""The agent's protocol, one folder a version."""
