"""Root key providers."""

import base64
import json
import os
import stat
from pathlib import Path

import pytest

from privacy import EnvironmentProvider, KeyProvider, KeyProviderError, LocalFileProvider

ROOT = base64.b64encode(bytes(range(32))).decode()
EPOCH = base64.b64encode(bytes(range(32, 64))).decode()
CONTEXT = {"tenant": "t1", "purpose": "TTOK", "version": "1"}


def environment(root: str = ROOT, epochs: str = f"1:{EPOCH},2:{ROOT}") -> EnvironmentProvider:
    return EnvironmentProvider({"ONEFOLD_ROOT_KEY": root, "ONEFOLD_EPOCH_KEYS": epochs})


@pytest.fixture(params=["environment", "local file"])
def any_provider(request: pytest.FixtureRequest, tmp_path: Path) -> KeyProvider:
    return environment() if request.param == "environment" else LocalFileProvider.create(tmp_path / "k.json")


def test_a_key_unwraps_with_the_same_context_in_any_order(any_provider: KeyProvider) -> None:
    wrapped = any_provider.wrap(b"k" * 32, CONTEXT)
    assert any_provider.unwrap(wrapped, dict(reversed(CONTEXT.items()))) == b"k" * 32
    assert b"k" * 8 not in wrapped


@pytest.mark.parametrize("name", CONTEXT)
def test_a_key_does_not_unwrap_with_another_context(any_provider: KeyProvider, name: str) -> None:
    wrapped = any_provider.wrap(b"k" * 32, CONTEXT)
    with pytest.raises(KeyProviderError, match="does not open"):
        any_provider.unwrap(wrapped, {**CONTEXT, name: "other"})


def test_an_altered_or_cut_wrapped_key_is_refused(any_provider: KeyProvider) -> None:
    wrapped = any_provider.wrap(b"k" * 32, CONTEXT)
    for broken in (wrapped[:-1], wrapped[:5], b"", bytes([wrapped[0] ^ 1]) + wrapped[1:]):
        with pytest.raises(KeyProviderError):
            any_provider.unwrap(broken, CONTEXT)


def test_an_unknown_epoch_is_an_error(any_provider: KeyProvider) -> None:
    with pytest.raises(KeyProviderError, match="no epoch 9"):
        any_provider.epoch_key(9)


def test_the_environment_gives_epochs_and_no_times() -> None:
    provider = environment()
    assert (provider.epochs(), provider.current_epoch(), provider.created_at(1)) == ((1, 2), 2, None)
    assert provider.epoch_key(1) == bytes(range(32, 64))


@pytest.mark.parametrize(
    ("root", "epochs", "named"),
    [
        ("", f"1:{EPOCH}", "ONEFOLD_ROOT_KEY is missing"),
        (ROOT, "", "ONEFOLD_EPOCH_KEYS is missing"),
        (ROOT[:-8], f"1:{EPOCH}", "ONEFOLD_ROOT_KEY does not hold"),
        ("密钥" + ROOT, f"1:{EPOCH}", "ONEFOLD_ROOT_KEY does not hold"),
        (ROOT, EPOCH, "ONEFOLD_EPOCH_KEYS is malformed"),
        (ROOT, f"0:{EPOCH}", "ONEFOLD_EPOCH_KEYS is malformed"),
        (ROOT, f"1:{EPOCH},1:{EPOCH}", "ONEFOLD_EPOCH_KEYS is malformed"),
        (ROOT, f"x:{EPOCH}", "ONEFOLD_EPOCH_KEYS is malformed"),
        (ROOT, "1:AAAA", "ONEFOLD_EPOCH_KEYS does not hold"),
    ],
)
def test_a_malformed_variable_is_named_and_not_shown(root: str, epochs: str, named: str) -> None:
    with pytest.raises(KeyProviderError, match=named) as caught:
        environment(root, epochs)
    assert_no_secret(caught.value, (ROOT[:-8], EPOCH[:-8]))


def test_the_key_file_is_for_its_owner_only(tmp_path: Path) -> None:
    LocalFileProvider.create(tmp_path / "new" / "k.json")
    assert stat.S_IMODE((tmp_path / "new" / "k.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o610, 0o602])
def test_a_key_file_open_to_others_is_refused_with_the_mend(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "k.json"
    LocalFileProvider.create(path)
    path.chmod(mode)
    with pytest.raises(KeyProviderError, match=f"chmod 600 {path}"):
        LocalFileProvider(path)


def test_a_key_file_opened_to_others_later_is_refused_by_a_running_process(provider: LocalFileProvider) -> None:
    provider.path.chmod(0o644)
    with pytest.raises(KeyProviderError, match="chmod 600"):
        provider.epoch_key(1)


def test_an_existing_key_file_is_never_replaced(provider: LocalFileProvider) -> None:
    before = provider.path.read_bytes()
    with pytest.raises(KeyProviderError, match="exists already"):
        LocalFileProvider.create(provider.path)
    assert provider.path.read_bytes() == before


def test_a_missing_key_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KeyProviderError, match="is missing; restore it"):
        LocalFileProvider(tmp_path / "k.json")


def broken_files() -> list[str]:
    good = {"format": "onefold keys v1", "root": ROOT, "epochs": {"1": {"key": EPOCH, "created_at": 1}}}
    return [
        json.dumps(good)[:-3],
        json.dumps([good]),
        json.dumps({**good, "format": "other"}),
        json.dumps({**good, "root": ROOT[:-4]}),
        json.dumps({**good, "epochs": {}}),
        json.dumps({**good, "epochs": [EPOCH]}),
        json.dumps({**good, "epochs": {"one": {"key": EPOCH, "created_at": 1}}}),
        json.dumps({**good, "epochs": {"1": {"key": EPOCH}}}),
        json.dumps({**good, "epochs": {"1": {"key": EPOCH + "AAAA", "created_at": 1}}}),
        "\udcff" + ROOT,
    ]


@pytest.mark.parametrize("content", broken_files())
def test_a_malformed_key_file_is_an_error_that_holds_no_key(tmp_path: Path, content: str) -> None:
    path = tmp_path / "k.json"
    path.write_text(content, encoding="utf-8", errors="surrogateescape")
    path.chmod(0o600)
    with pytest.raises(KeyProviderError) as caught:
        LocalFileProvider(path)
    assert str(path) in str(caught.value)
    assert_no_secret(caught.value, (ROOT[:-8], EPOCH[:-8]))


def assert_no_secret(error: BaseException | None, secrets: tuple[str, ...]) -> None:
    """Neither the error nor anything that travels with it shows a secret."""
    while error is not None:
        shown = (
            f"{error} {error!r} {error.args} {vars(error)} {getattr(error, 'doc', '')} {getattr(error, 'object', '')}"
        )
        assert not any(secret in shown for secret in secrets)
        error = error.__cause__ or error.__context__


def test_no_repr_shows_a_key(provider: LocalFileProvider) -> None:
    document = json.loads(provider.path.read_text())
    secrets = (document["root"], document["epochs"]["1"]["key"])
    raw = [repr(base64.b64decode(secret))[2:-1] for secret in secrets]
    shown = f"{provider!r} {provider} {provider._keys!r} {provider._keys.epochs!r} {environment()!r}"
    assert not any(secret in shown for secret in (*secrets, *raw, ROOT, EPOCH))


def test_a_running_process_sees_a_new_epoch(provider: LocalFileProvider) -> None:
    running = LocalFileProvider(provider.path)
    assert provider.add_epoch() == 2
    assert (running.current_epoch(), running.epochs()) == (2, (1, 2))
    created_at = running.created_at(2)
    assert created_at is not None
    assert created_at >= (running.created_at(1) or 0)


def test_a_destroyed_epoch_is_gone_from_file_process_and_old_bytes(provider: LocalFileProvider) -> None:
    provider.add_epoch()
    secret = json.loads(provider.path.read_text())["epochs"]["1"]["key"]
    running = LocalFileProvider(provider.path)
    with provider.path.open("rb") as old_file:
        provider.destroy_epoch(1)
        assert secret.encode() not in old_file.read()
    with pytest.raises(KeyProviderError, match="no epoch 1"):
        running.epoch_key(1)
    assert secret not in provider.path.read_text()
    assert stat.S_IMODE(provider.path.stat().st_mode) == 0o600
    assert os.listdir(provider.path.parent) == [provider.path.name]  # noqa: PTH208 - names alone


def test_the_current_epoch_cannot_be_destroyed(provider: LocalFileProvider) -> None:
    with pytest.raises(KeyProviderError, match="is the current one"):
        provider.destroy_epoch(1)
    assert provider.epochs() == (1,)


def test_what_a_killed_rewrite_left_behind_does_not_outlive_the_next(provider: LocalFileProvider) -> None:
    leftover = provider.path.with_name("keys.json.new")
    leftover.write_bytes(provider.path.read_bytes())
    provider.add_epoch()
    assert not leftover.exists()
    assert provider.epochs() == (1, 2)
