"""Code that all packages share: papers, hits, masks, cards, errors, text and files. Imports no other package."""
