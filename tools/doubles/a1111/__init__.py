"""A double of the servers that speak the API of AUTOMATIC1111, five kinds of them."""
