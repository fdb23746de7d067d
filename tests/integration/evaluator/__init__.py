"""Measuring, with a real Prometheus."""
