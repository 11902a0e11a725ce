"""Query → results: analysis, filters, candidates, features, ranking, snippets."""
