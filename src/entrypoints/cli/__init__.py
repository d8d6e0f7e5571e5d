"""The program `hexkey`.

Settings, container and application are imported inside the commands: `--help` and `version` need
none of them and must be quick.
"""
