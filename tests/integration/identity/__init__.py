"""The identity service over real HTTP, its keys and its checks of secrets."""
