"""The pipelines that combine the rooms: ingest, index, search, feed, training, and the library over them."""
