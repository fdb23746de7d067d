"""The broker's client."""
