"""Pure: an Article as scraped becomes a Document: cleaned, dated, digested, signed, relevant or not."""
