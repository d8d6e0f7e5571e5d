"""A Hexkey elsewhere, over HTTP; needs the extra `remote`."""
