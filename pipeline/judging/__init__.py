"""Pure: Claims are folded into a Status, and its Changes are named."""
