"""From a query or a profile to candidates: how documents and queries are weighed, and how rankings are joined."""
