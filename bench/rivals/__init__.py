"""The same work as a good Django developer would write it without thought of speed."""
