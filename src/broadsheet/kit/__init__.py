"""What every room shares: papers, hits, masks, cards, errors, text and files. Imports nothing of ours."""
