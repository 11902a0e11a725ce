"""What readers take to other programs, and bring along: feeds, feed readers, lists of feeds, archives."""
