"""The HTTP client: rate-limited, with bounds, safe against hostile servers."""
