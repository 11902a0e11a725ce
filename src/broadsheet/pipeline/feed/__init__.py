"""Reader → feed page: interests learned from feedback, papers ranked by them, and reasons."""
