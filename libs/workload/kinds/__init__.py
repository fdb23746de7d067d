"""What is known of objects of any kind: how they are told apart, marked, found, ordered, owned, and when they are ready."""
