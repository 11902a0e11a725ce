"""The feed board: what the personal page is worth beside the simple rankings, on the same readers."""
