"""Bridges the bus to agents' streams: takes `agent.….request`, answers to the asker's inbox; owns agent connections.

Publishes `agent.….connected` and the facts `evt.agent.connected` and `evt.agent.disconnected`.
"""
