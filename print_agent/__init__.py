"""The print agent: a small program beside the printers that fetches labels and tells what became of them."""
