"""Trending: which papers a community finds good now, from votes, from who could see them, and from their age.

Signals of n papers ── voices ──► a formula ──► Scores and their parts ── exploration ──► an order
"""
