"""The pretend cluster as a process: real kubectl, plain HTTP, and kills."""
