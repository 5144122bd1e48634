"""Validation rules for the fields of segmentation requests."""

from services.runtime.guards.option_rules import OPTION_RULES, SEGMENTATION_RULES
from services.runtime.guards.validation import FieldRules

RULES: FieldRules = {**OPTION_RULES, **SEGMENTATION_RULES}
