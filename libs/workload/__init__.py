"""Kubernetes objects as pure decisions: what to send so that a target's goal becomes true, and whether it is.

`survey` records what was there; `reconcile` says what to send, `settled` whether the goal holds, `hindrance` why not.
"""
