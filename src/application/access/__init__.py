"""Roles, what they permit, and how far whoever holds them may go."""
