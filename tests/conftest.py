"""Where every test begins: no trace of the developer's terminal, in UTC; a skipped test is a failed one."""

import os
import sys
import time
from collections.abc import Generator

import pytest

# Textual reads its variables when it is imported, so they go before any test module is.
for _name in [name for name in os.environ if name.startswith("TEXTUAL_")]:
    del os.environ[_name]
for _name in ("COLUMNS", "LINES", "NO_COLOR"):
    os.environ.pop(_name, None)
# Tests start the program some hundred times; compiled once, it starts in a sixth of the time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
os.environ["TZ"] = "UTC"
time.tzset()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark as slow what has a database server: to start one takes seconds, and not every machine has it."""
    named = vars(item.module).values() if isinstance(item, pytest.Function) else ()
    if any(str(getattr(each, "__module__", "")).startswith("tests.servers.") for each in named):
        item.add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that was skipped: a server that is not there proves nothing."""
    report = yield
    expected_to_fail = hasattr(report, "wasxfail")
    if report.skipped and not expected_to_fail:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that was skipped as a whole."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped: {_reason(report)}"
    return report


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return why pytest skipped it; the report holds it as (file, line, reason)."""
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
