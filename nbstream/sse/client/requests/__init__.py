"""The request side: what is sent, over which redirects, proxies and certificates."""
