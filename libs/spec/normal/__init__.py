"""Checked values brought into the normal form, whichever of the accepted spellings they came in."""
