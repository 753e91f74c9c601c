"""lm-eval's own command, which knows the model class ``beamline``."""

from lm_eval.__main__ import cli_evaluate

import beamline.lm_eval  # noqa: F401  (it registers the class)

cli_evaluate()
