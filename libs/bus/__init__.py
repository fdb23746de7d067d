"""Messages as they come: JetStream's consumers and core subjects, and a twin in memory that keeps the same contract."""
