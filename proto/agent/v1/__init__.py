"""Version 1 of the agent's protocol: `agent.proto` and what is generated from it; `make generated` makes it again."""
