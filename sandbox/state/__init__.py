"""The cluster's state: the store with its revisions and events, the rules of each write, and the journal on disk."""
