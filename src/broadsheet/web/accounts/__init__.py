"""The pages of accounts: signing in and up, one's own account, and what administrators see."""
