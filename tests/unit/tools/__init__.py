"""What builds and starts things for tests."""
