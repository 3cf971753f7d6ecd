"""The shell executor keeps the contract."""

from pathlib import Path

from releaseorch.executors.base import Context, Running
from releaseorch.executors.shell.executor import ShellExecutor
from tests.executors.conformance import Config, Conformance
from tests.executors.shell_stage import kill_wrapper_and_script
from tests.executors.stage import until

_EFFECT = 'echo x >> "$ATTEMPT_ID.effects"; '


class TestShell(Conformance):
    parameters = {"who": "all of you"}

    def new(self) -> ShellExecutor:
        return ShellExecutor()

    def succeeding(self) -> Config:
        script = _EFFECT + 'echo "it went well for $1"; cat "$RELEASEORCH_SECRETS_DIR/token"'
        return {"argv": ["sh", "-c", script, "deploy", "for ${who}"]}

    def failing(self) -> Config:
        return {"argv": ["sh", "-c", _EFFECT + "exit 3"]}

    def impossible(self) -> Config:
        return {"argv": ["no-such-program-anywhere"]}

    def long(self) -> Config:
        return {"argv": ["sh", "-c", _EFFECT + "until [ -e go ]; do sleep 0.02; done; " + _EFFECT]}

    def let_go_on(self, context: Context) -> None:
        (context.work_dir / "scratch" / "go").touch()

    def effects(self, context: Context) -> int:
        path = context.work_dir / "scratch" / f"{context.attempt_id}.effects"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def lost(self, tmp_path: Path) -> Context:
        context = self.context(self.long(), tmp_path)
        started = self.new().start(context)
        assert isinstance(started, Running)
        until(lambda: self.effects(context))
        kill_wrapper_and_script(context)
        return context
