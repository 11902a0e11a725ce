"""What goes to other programs and comes from them: feeds, feed readers, lists of feeds, archives."""
