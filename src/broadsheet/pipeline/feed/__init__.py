"""Reader → page: interests learned from feedback, papers ranked by them, and the reasons."""
