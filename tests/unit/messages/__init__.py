"""What is said: the codec, the grammar of subjects, where a message goes."""
