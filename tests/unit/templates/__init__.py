"""Rendering templates."""
