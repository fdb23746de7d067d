"""The contracts of bus and store, and services on real servers and over real HTTP."""
