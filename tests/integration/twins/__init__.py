"""The twin in memory beside a real server: the same random acts on both, and no answer may differ."""
