"""Bridges the bus to agents' streams: takes `agent.….request`, answers to the asker's inbox; owns agent connections.

Publishes `agent.….connected` and the facts `evt.agent.connected` and `evt.agent.disconnected`.
"""

import os

# Before gRPC is loaded: its own handlers around fork abort children that only mean to exec another program.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
# What it says of connections that end, it says past our log.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
