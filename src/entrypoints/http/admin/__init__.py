"""The API for administrators."""
