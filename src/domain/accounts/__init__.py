"""Users, and what they are known by."""
