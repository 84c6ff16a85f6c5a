"""Frameworks: how the models of each are saved and loaded, one room or file for one framework."""
