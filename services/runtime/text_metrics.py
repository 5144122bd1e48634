"""Measures of lettering that the gateway reserves room by and the finishing stage sets type by."""

# All in font sizes of the headline. Larger: more air, and a smaller headline in the same room.
# Distance of the headline's lines.
LINE_HEIGHT = 1.12
# Height of a logo: below that of a headline's line, so that the headline leads.
LOGO_HEIGHT = 0.9
# Space between logo, headline and button.
GAP = 0.45
# Size of a button's text as a share of the picture's shorter side, and the least one: that of
# capitals as high as those of the smallest captions on a phone. Larger: larger buttons. Height of a
# button in font sizes of its text.
BUTTON_TEXT_SHARE, MIN_BUTTON_TEXT_SHARE, BUTTON_HEIGHT = 1 / 31, 1 / 36, 2.3
# Width by height from which the text is set to the left of the product instead of above it.
# Smaller: narrow ads put both side by side, each in a narrower column.
SIDE_TEXT_ASPECT = 1.5
# Space between product and lettering as a share of the picture's shorter side: a twentieth, below
# which words look as if they touched it. Larger: more air, smaller letters.
PRODUCT_GAP = 0.05
