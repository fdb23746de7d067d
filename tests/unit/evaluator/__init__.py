"""What the evaluator asks, and what an answer is."""
