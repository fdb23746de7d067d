"""The one shell: load, decide, commit; timers; partitions. It declares the ports that the bus and the store fill."""
