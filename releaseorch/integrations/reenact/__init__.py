"""Real releases lived again: what people changed in the real data, through the same services as the pages."""
