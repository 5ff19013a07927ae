"""One file a vendor: how its servers are asked."""
