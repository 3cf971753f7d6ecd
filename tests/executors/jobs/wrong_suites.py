"""The conformance suite of each wrong executor; collected by nobody but the test that expects it to fail."""

from tests.executors.jobs.stage import JobsConformance


class TestStopsByAsking(JobsConformance):
    package = "tests.executors.jobs.wrong:StopsByAsking"


class TestSearchesByStep(JobsConformance):
    package = "tests.executors.jobs.wrong:SearchesByStep"


class TestRemembersInTheObject(JobsConformance):
    package = "tests.executors.jobs.wrong:RemembersInTheObject"


class TestTellsTheSecret(JobsConformance):
    package = "tests.executors.jobs.wrong:TellsTheSecret"
