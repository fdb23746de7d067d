"""The catalogue of bad input: each row is handed to every door that takes its kind, and judged by one oracle."""
