"""The table of safety checks keeps up with the code."""
