"""Each attack for a moment: polite clients are served meanwhile, and nothing is left afterwards.
`make hostile` plays them for longer and takes figures."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import attacks
import play_all

MOMENT = 0.2


@pytest.mark.parametrize("name", [name for name in attacks.ALL if not name.startswith("slowhttptest")])
def test_others_are_served_meanwhile(name, tmp_path):
    play_all.make_authority(tmp_path)
    row, problems = play_all.play(name, attacks.ALL[name], MOMENT, tmp_path)
    assert not problems, row
