"""Planner and executor, stopped, displaced and badly answered, with the sandbox as their cluster."""
