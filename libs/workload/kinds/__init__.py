"""Objects of any kind: how they are told apart, marked, found, ordered and owned, and when they are ready."""
