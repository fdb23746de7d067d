"""The relay in a private network: dials out, runs generic requests with its own credentials, knows no deployment."""

import os

# Before gRPC is loaded: its own handlers around fork abort children that only mean to exec another program.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
# What it says of connections that end, it says past our log.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
