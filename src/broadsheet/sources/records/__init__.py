"""What all formats share: the table of bibliographic fields, and a paper made of them."""
