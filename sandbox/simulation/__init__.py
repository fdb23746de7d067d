"""What a real cluster's controllers and kubelets do, as pure steps, and the one loop that runs them when they
are due.
"""
