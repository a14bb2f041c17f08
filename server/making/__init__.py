"""Making things: what items are made of, and orders to assemble, take apart, issue material or take in products."""
