"""Calling addresses that users name: only where that is allowed, judged by the address that is really connected to."""
