"""How lists of gates are passed."""
