"""Papers that are signed, sent or filled in by hand: HTML and PDF from the ledgers."""
