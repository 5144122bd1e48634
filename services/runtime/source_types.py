"""The kinds of source that files state, of IPTC's vocabulary DigitalSourceType."""

# URL that the names begin with in files.
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# Terms of that vocabulary for ads with and without pixels from a generative model. A product photo
# on a rendered set is a composite, and stays one in photographed light; "compositeSynthetic" and
# "compositeCapture" would say that elements are AI's, or that all are photographs.
GENERATIVE, COMPOSED = "compositeWithTrainedAlgorithmicMedia", "composite"


def find_source_type(*, generative: bool) -> str:
    """Returns the name of an ad's source. generative: whether a model drew pixels of it."""
    return GENERATIVE if generative else COMPOSED
