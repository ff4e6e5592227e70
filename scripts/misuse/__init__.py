"""Misuse of malloc: the programs that commit it, and what allocators make of them."""
