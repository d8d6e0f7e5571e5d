"""Everything in dicts: tests, demos, a throw-away node."""
