"""Sources: folders of real releases that become one import document each; reading touches no database."""
