"""Webhooks over the network: to whom strangers chose, and never to anybody inside."""
