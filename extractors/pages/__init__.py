"""From the bytes of a web page to an article: decode, parse, metadata, text, language; and the cage in which that is done."""
