"""The studio: reads prompts, builds sets for product photos and renders them."""
