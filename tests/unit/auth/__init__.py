"""Tokens, the keys that check them, and permissions."""
