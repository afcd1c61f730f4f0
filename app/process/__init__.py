"""What a serving process needs besides requests: background threads and stop signals."""
