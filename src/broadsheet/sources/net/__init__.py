"""The one HTTP client: polite, bounded, safe against hostile servers."""
