"""From an asker over bus, gateway and agent to a cluster and back: real TLS, real streams, real faults."""
