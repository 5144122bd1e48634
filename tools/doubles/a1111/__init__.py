"""A double of the five kinds of servers that offer the AUTOMATIC1111 API."""
