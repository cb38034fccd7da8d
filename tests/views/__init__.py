"""Views, by the text that they give for a told story."""
