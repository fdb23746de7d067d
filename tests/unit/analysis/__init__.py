"""How an analysis decides."""
