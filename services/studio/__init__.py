"""The studio: reads prompts, builds sets for product photographs and renders them."""
