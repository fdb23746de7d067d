"""What the agent allows, holds back and proves of itself."""
