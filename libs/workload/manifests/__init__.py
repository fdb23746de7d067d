"""The objects of the target's manifests: checked, converted, applied, and put back as they were."""
