"""A page to hear a book line by line and to mend it; all of it the command line does too."""
