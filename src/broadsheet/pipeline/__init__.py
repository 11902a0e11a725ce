"""The only place where rooms meet: ingest, build, search, feed, and the library that offers them."""
