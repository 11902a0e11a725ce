"""Code that all formats share: the table of bibliographic fields, and making a paper from them."""
