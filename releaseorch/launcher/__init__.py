"""The launcher: installs, starts and stops the product with nothing but the standard library."""
