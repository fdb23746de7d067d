"""Who somebody is and what they may do: tokens, the keys that check them, client credentials, permissions."""
