"""The faces, opened once."""

import pytest

from parity.faces import C


@pytest.fixture(scope="session")
def c():
    face = C()
    yield face
    face.close()


@pytest.fixture
def toml(tmp_path, c):
    """Says options in a file and returns what one of them became."""

    def said(name: str, *lines: str) -> str:
        file = tmp_path / "options.toml"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return c.said(name, "file", str(file))

    said.path = tmp_path / "options.toml"
    return said
