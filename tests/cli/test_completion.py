"""`completion`: a script that a real shell takes, and that completes."""

import shutil
import subprocess

import pytest

from tests.servers import ROOT, environment


def in_bash(script):
    environ = environment("sqlite:////nowhere", 7860)
    shell = ["bash", "-euc", script]
    return subprocess.run(shell, cwd=ROOT, env=environ, capture_output=True, text=True, check=True).stdout.split()


def test_bash_completes_what_was_begun(operator, tmp_path):
    script = tmp_path / "completion.bash"
    script.write_text(operator.run("completion", "bash"))
    typed = "COMP_WORDS=(./keydesk members re); COMP_CWORD=2; _keydesk_completion ./keydesk re members"
    assert in_bash(f"source {script}; {typed}; echo ${{COMPREPLY[@]}}") == ["remove"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_get_their_own_script(operator, shell):
    script = operator.run("completion", shell)
    assert "_KEYDESK_COMPLETE" in script
    if program := shutil.which(shell):
        subprocess.run([program, "-n", "/dev/stdin"], input=script, text=True, check=True)


def test_another_shell_is_a_wrong_usage(operator):
    assert operator.try_to("completion", "dos").exit_code == 2
