"""The rules of authentication: standard library only, no clock, no I/O."""
