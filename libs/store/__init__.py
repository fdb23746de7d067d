"""Records, buckets and sealed blobs in JetStream, and a twin in memory that keeps the same contract."""
