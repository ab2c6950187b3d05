"""What `emotion-perception` itself does, before a command."""

from __future__ import annotations

import subprocess
import sys

import pytest

from emotion_perception.cli.main import COMMANDS, main


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"emotion-perception {name}" in capsys.readouterr().out


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(f"\n    {name}" in shown for name in COMMANDS)


def test_doctor_starts_where_no_library_does() -> None:
    program = (
        "import sys\n"
        "sys.modules.update({name: None for name in ('numpy', 'cv2', 'yaml', 'platformdirs', 'rclpy')})\n"
        "from emotion_perception.cli.main import main\n"
        "sys.exit(main(['doctor', 'python', 'libraries', 'ros']))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "yaml: " in done.stdout
    assert "rclpy cannot be imported" in done.stdout
