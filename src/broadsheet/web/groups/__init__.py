"""What readers share: collections, notes and highlights, reading groups."""
