"""Make text safe to show and bounded: invisible characters, paths, sizes."""
