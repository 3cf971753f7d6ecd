"""The forms of master data, one file per noun: what is read and drawn; what is true is said by the services."""
