"""What Kubernetes objects mean: kinds, patches, server-side apply, selectors, refusals. Pure functions over
plain JSON.
"""
