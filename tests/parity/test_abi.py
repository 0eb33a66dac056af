"""The check of the C ABI sees what breaks a program that was built before, and lets through what does not."""

import importlib.util

import pytest

from support.paths import REPO

spec = importlib.util.spec_from_file_location("abi", REPO / "tests" / "c" / "abi.py")
abi = importlib.util.module_from_spec(spec)
spec.loader.exec_module(abi)

LINES = (REPO / "tests" / "c" / "abi.txt").read_text().splitlines()


def changed(old: str, new: str | None) -> list[str]:
    """The committed ABI with one line replaced, or without it."""
    assert old in LINES
    return [line if line != old else new for line in LINES if line != old or new is not None]


@pytest.mark.parametrize(("old", "new"), [
    ("symbol hr_server_new", None),
    ("function hr_abi_version uint32_t(void)", "function hr_abi_version uint64_t(void)"),
    ("callback hr_free_fn void(void *)", "callback hr_free_fn int(void *)"),
    ("struct hr_str 16", "struct hr_str 24"),
    ("member hr_str.len 8 8", "member hr_str.len 4 4"),
    ("value HR_OK 0", "value HR_OK 1"),
    ("type hr_result 4", "type hr_result 1"),
])  # fmt: skip
def test_what_is_gone_or_different_breaks(old, new):
    assert len(abi.breaks(LINES, changed(old, new))) == 1


def test_what_is_new_does_not():
    assert abi.breaks(LINES, [*LINES, "symbol hr_new", "value HR_NEW 99", "function hr_new void(void)"]) == []


def test_a_struct_that_says_its_size_may_grow_and_not_shrink():
    line = next(line for line in LINES if line.startswith("struct hr_stats "))
    size = int(line.split()[2])
    assert abi.breaks(LINES, changed(line, f"struct hr_stats {size + 8}")) == []
    assert len(abi.breaks(LINES, changed(line, f"struct hr_stats {size - 8}"))) == 1


def test_types_are_read_without_the_names_of_parameters():
    header = "hr_result hr_a(const hr_config *config, char *buf,\n   size_t cap);\ntypedef void (*hr_f)(void *user, int n);\n"
    assert abi.prototypes(header) == [
        "function hr_a hr_result(const hr_config *, char *, size_t)", "callback hr_f void(void *, int)"
    ]  # fmt: skip
