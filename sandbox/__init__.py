"""A pretend Kubernetes cluster: enough of the API for kubectl and Fairlead, and controllers that make pods
appear to run.
"""
