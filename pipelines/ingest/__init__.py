"""Sources to stored articles: what to fetch, fetching it, and storing what came back."""
