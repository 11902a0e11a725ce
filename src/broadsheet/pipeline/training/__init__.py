"""What `broadsheet train` does: models learned from papers, each told how good it is."""
