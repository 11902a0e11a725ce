"""Who should see what first: models of one reader, and the order of a page."""
