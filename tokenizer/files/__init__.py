"""What is read of folders that somebody names: plain files, of a bounded size."""
