"""Figures, each beside the same work done by the bare parts in the same run."""
