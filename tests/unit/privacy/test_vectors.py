"""Public test vectors: NIST CAVP for AES-256-GCM, RFC 5869 for HKDF-Expand, RFC 4231 for HMAC.

They come in the package ``cryptography-vectors``, which has the version of ``cryptography``.
"""

import hmac
from collections.abc import Iterator
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.data_key import expand

FOLDER = Path(cryptography_vectors.__file__).parent


def blocks(path: str, separator: str = "\n\n") -> Iterator[dict[str, str]]:
    """Each test of a vector file as its ``Name = value`` lines (and a line ``FAIL``)."""
    for text in (FOLDER / path).read_text(encoding="utf-8").replace("\r", "").split(separator):
        lines = [line.partition("=") for line in text.splitlines() if line and line[0] not in "#["]
        if lines:
            yield {name.strip().lower(): value.strip() for name, _, value in lines}


def aes_gcm_tests(name: str) -> list[dict[str, str]]:
    """Those with our sizes: a nonce of 96 bits and a tag of 128."""
    tests = [
        test for test in blocks(f"ciphers/AES/GCM/{name}") if len(test.get("tag", "")) == 32 and len(test["iv"]) == 24
    ]
    assert len(tests) > 300
    return tests


def parts(test: dict[str, str]) -> tuple[AESGCM, bytes, bytes, bytes]:
    key, nonce, aad = (bytes.fromhex(test[name]) for name in ("key", "iv", "aad"))
    return AESGCM(key), nonce, bytes.fromhex(test["ct"] + test["tag"]), aad


def test_aes_256_gcm_encrypts_as_nist_says() -> None:
    for test in aes_gcm_tests("gcmEncryptExtIV256.rsp"):
        aead, nonce, sealed, aad = parts(test)
        assert aead.encrypt(nonce, bytes.fromhex(test["pt"]), aad) == sealed


def test_aes_256_gcm_opens_and_refuses_as_nist_says() -> None:
    refused = 0
    for test in aes_gcm_tests("gcmDecrypt256.rsp"):
        aead, nonce, sealed, aad = parts(test)
        if "fail" in test:
            refused += 1
            with pytest.raises(InvalidTag):
                aead.decrypt(nonce, sealed, aad)
        else:
            assert aead.decrypt(nonce, sealed, aad) == bytes.fromhex(test["pt"])
    assert refused > 100


def test_hkdf_expand_sha256_answers_as_rfc_5869() -> None:
    tests = [test for test in blocks("KDF/rfc-5869-HKDF-SHA256.txt", "COUNT") if "prk" in test]
    assert len(tests) == 3
    for test in tests:
        assert expand(bytes.fromhex(test["prk"]), bytes.fromhex(test["info"]), int(test["l"])).hex() == test["okm"]


def test_hmac_sha256_answers_as_rfc_4231() -> None:
    tests = [test for test in blocks("HMAC/rfc-4231-sha256.txt") if "md" in test]
    assert len(tests) == 6
    for test in tests:
        mac = hmac.new(bytes.fromhex(test["key"]), digestmod="sha256").copy()
        mac.update(bytes.fromhex(test["msg"]))
        assert mac.hexdigest() == test["md"]
