"""Issues tokens for client credentials. Owns principals and signing keys, in the bucket `config`; hears no messages."""
