"""The standard library's and PyJWT's, bcrypt's and argon2's ways to keep secrets."""
