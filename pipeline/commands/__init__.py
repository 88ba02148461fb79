"""The commands of `recognition`, one module for each family."""
