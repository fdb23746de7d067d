"""How a webhook run decides."""
