"""The campaigns of benchmarks/reliability: a short one of each here, those that take longer marked slow."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


def _campaign(name: str, *arguments: str) -> str:
    """What a campaign says; it fails where the campaign has found a fault."""
    command = [sys.executable, "-m", f"benchmarks.reliability.{name}", *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_killed_workers_lose_no_measurement_and_resumed_runs_are_those_that_nobody_killed() -> None:
    assert "cheap kills" in _campaign("killed_workers", "--cheap", "3", "--real", "0")


def test_an_events_file_can_be_cut_off_anywhere() -> None:
    assert "points" in _campaign("truncated_events", "--epochs", "0")


def test_a_disk_that_fills_up_destroys_no_file() -> None:
    assert "100  files cut short" in _campaign("full_disk", "--without-keras")


def test_of_many_processes_each_makes_its_runs_and_one_writes_to_one() -> None:
    said = _campaign("crowds", "--makers", "8", "--runs", "3", "--rivals", "8", "--rounds", "1")
    assert "24  runs made at once" in said


def test_encrypted_zips_are_refused_with_a_sentence_that_says_so() -> None:
    assert "24  encrypted files" in _campaign("encrypted_zips")


@pytest.mark.slow
def test_real_workers_can_be_killed_too() -> None:
    assert "real kills" in _campaign("killed_workers", "--cheap", "0", "--real", "1", "--epochs", "60")


@pytest.mark.slow
def test_a_disk_that_fills_up_destroys_no_network_and_interrupts_runs_with_a_sentence() -> None:
    assert "200  files cut short" in _campaign("full_disk", "--runs", "4")


@pytest.mark.slow
def test_a_crash_and_an_endless_loop_touch_no_other_run() -> None:
    assert "2  bad runs" in _campaign("bad_neighbours", "crashes", "never ends", "--minutes", "0.3", "--epochs", "50")


@pytest.mark.slow
def test_dashboard_and_supervisor_can_be_killed() -> None:
    assert "1  kills of the supervisor" in _campaign("killed_servers", "--kills", "1", "--soon", "120")


@pytest.mark.slow
def test_processes_that_hang_are_told_ended_and_replaced() -> None:
    assert "1  hung trainings" in _campaign("hung_processes", "--rounds", "1", "--hogs", "0")


@pytest.mark.slow
def test_a_network_that_hits_the_memory_limit_says_so_and_the_next_one_trains() -> None:
    assert "1  rounds" in _campaign("memory_limit", "--rounds", "1")


@pytest.mark.slow
def test_a_clock_that_jumps_disturbs_neither_the_queue_nor_a_training() -> None:
    assert "3  jumps of the clock" in _campaign("clock_jumps", "--epochs", "60")


@pytest.mark.slow
def test_a_server_out_of_descriptors_recovers_once_the_connections_are_closed() -> None:
    assert "1  rounds" in _campaign("idle_connections", "--rounds", "1")


@pytest.mark.slow
def test_the_servers_descriptors_come_back_when_all_visitors_have_left() -> None:
    assert "descriptors once all had left" in _campaign("descriptors", "--minutes", "0.3")
