"""Mail: put into words by Jinja2, carried by SMTP, or shown where there is no server."""
