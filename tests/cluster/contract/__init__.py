"""The same requests to the sandbox and to a real API server: where the answers differ, the sandbox is wrong, or the
difference stands in `differences.py` with its reason.
"""
