"""Text as it comes from outside, made fit to keep: encodings, markup, LaTeX, names, dates."""
