"""Registering resources: the children that a plan says, in the order and with the options that they need."""
