"""Pages as they were fetched, kept in WARC files and read back from them."""
