from __future__ import annotations

from pipelines.rules._docs import FILE, markdown
from pipelines.rules._engine import all_rules


def test_the_page_of_rules_is_what_the_rules_say():
    """To renew it: python -m pipelines.rules._docs."""
    assert FILE.read_text(encoding="utf-8") == markdown(all_rules())
