"""The program `hexkey`."""
