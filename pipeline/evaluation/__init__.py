"""How well a reader reads: labelled articles in, figures and errors out. Pure, apart from reading the files."""
