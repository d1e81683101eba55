"""A page to hear a book line by line and to mend it: all that it does, the command line does too."""
