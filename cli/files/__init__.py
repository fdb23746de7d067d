"""What people write: deployment files and manifests, read, checked, shown as a plan, or made from a template."""
