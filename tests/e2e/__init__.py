"""The product as a person meets it: in a real terminal, as real processes, under real kills."""
