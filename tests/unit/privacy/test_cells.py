"""Sealed cells: known answer, and everything that must not open."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy import LP, CellCipher, CellError, DataKey, IntegrityError, KeyMismatch, UnknownFormat
from privacy.padding import pad

DEK = bytes(range(32))
DEK_ID = bytes.fromhex("00112233445566778899aabbccddeeff")
INCARNATION = bytes.fromhex("ffeeddccbbaa99887766554433221100")
NONCE = bytes(range(12))
PHONE = "+8613812345678"

COMMITMENT = "10b5b0134e390768f36b7b3f13d49421ddc7db4bf33e32f595de955740fbc82c"
BODY = "b49099079b41c29ea60f82dac6fac77c5e96c09770df34c9be2e92d9ec465ac3b810e6b9f6ed9697c7f8e1c021d82c63"
CELL = bytes.fromhex("43440101" + DEK_ID.hex() + NONCE.hex() + COMMITMENT + BODY)


def data_key(
    dek: bytes = DEK, *, incarnation: bytes = INCARNATION, tenant: str = "t1", dek_id: bytes = DEK_ID
) -> DataKey:
    return DataKey(dek, dek_id=dek_id, incarnation=incarnation, tenant=tenant)


def seal(key: DataKey, value: str = PHONE, *, column: str = "phone") -> bytes:
    return CellCipher("t1", nonces=lambda: NONCE).seal(key, table="record_cell", column=column, value=value)


def open_cell(key: DataKey, cell: bytes) -> str:
    return CellCipher("t1").open(key, cell, table="record_cell", column="phone")


def test_the_published_known_answer_is_sealed_and_opened() -> None:
    assert seal(data_key()) == CELL
    assert open_cell(data_key(), CELL) == PHONE
    assert len(CELL) == 112


def test_the_known_answer_follows_from_the_page_by_another_road() -> None:
    """HKDF from the standard library's HMAC, AES-GCM from the low-level cipher, associated data written out."""
    info = LP("cdp/fle/v1", "t1", DEK_ID)
    first = hmac.digest(DEK, info + b"\x01", "sha256")
    second = hmac.digest(DEK, first + info + b"\x02", "sha256")
    header = b"CD\x01\x01" + DEK_ID + NONCE + second
    encryptor = Cipher(algorithms.AES256(first), modes.GCM(NONCE)).encryptor()
    encryptor.authenticate_additional_data(
        LP("cdp/aad/v1", "t1", "record_cell", "phone", INCARNATION.hex(), "str", header)
    )
    padded = PHONE.encode() + b"\x80" + bytes(17)
    assert header + encryptor.update(padded) + encryptor.finalize() + encryptor.tag == CELL


def expected_error(position: int) -> type[CellError]:
    if position < 4:
        return UnknownFormat
    return KeyMismatch if position < 20 else IntegrityError


@pytest.mark.parametrize("position", range(len(CELL)))
def test_no_byte_can_be_changed(position: int) -> None:
    for bit in range(8):
        altered = bytearray(CELL)
        altered[position] ^= 1 << bit
        with pytest.raises(expected_error(position)) as caught:
            open_cell(data_key(), bytes(altered))
        assert type(caught.value) is expected_error(position)


@pytest.mark.parametrize("length", [0, 3, 4, 63, 64, 80, 81, 111])
def test_a_cut_cell_does_not_open(length: int) -> None:
    with pytest.raises(CellError):
        open_cell(data_key(), CELL[:length])


@pytest.mark.parametrize(
    "place",
    [
        {"table": "fact_cell"},
        {"column": "email"},
        {"column": "phone#1"},
        {"kind": "int"},
        {"table": "record_cellphone", "column": ""},
    ],
)
def test_a_cell_does_not_open_in_another_table_column_or_type(place: dict[str, str]) -> None:
    with pytest.raises(IntegrityError):
        CellCipher("t1").open(data_key(), CELL, **{"table": "record_cell", "column": "phone", **place})


def test_a_cell_does_not_open_in_another_row_even_under_the_same_key() -> None:
    with pytest.raises(IntegrityError):
        open_cell(data_key(incarnation=bytes(16)), CELL)


def test_a_cell_does_not_open_for_another_tenant() -> None:
    with pytest.raises(IntegrityError):
        CellCipher("t2").open(data_key(), CELL, table="record_cell", column="phone")
    with pytest.raises(IntegrityError):
        open_cell(data_key(tenant="t2"), CELL)


def test_a_cell_does_not_open_under_another_key_of_the_same_name() -> None:
    with pytest.raises(IntegrityError):
        open_cell(data_key(bytes(32)), CELL)


def test_the_commitment_is_compared_before_the_cipher_is_asked() -> None:
    """A second key whose cipher would accept the cell: only the commitment tells them apart."""
    other = data_key(bytes(32))
    other._derived = (data_key().derived()[0], other.derived()[1])
    with pytest.raises(IntegrityError):
        open_cell(other, CELL)


def test_a_cell_built_to_open_under_two_data_keys_is_rejected() -> None:
    first, second = data_key(), data_key(bytes(32))
    header = b"CD\x01\x01" + DEK_ID + NONCE + first.derived()[1]
    aad = LP("cdp/aad/v1", "t1", "record_cell", "phone", INCARNATION.hex(), "str", header)
    body = body_for_both(cell_key(DEK), cell_key(bytes(32)), aad)
    for key in (first, second):
        assert key.derived()[0].decrypt(NONCE, body, aad)  # AES-GCM by itself is content with both
    with pytest.raises(IntegrityError):
        open_cell(second, header + body)


def cell_key(dek: bytes) -> bytes:
    return hmac.digest(dek, LP("cdp/fle/v1", "t1", DEK_ID) + b"\x01", "sha256")


def body_for_both(one: bytes, other: bytes, aad: bytes) -> bytes:
    """Two ciphertext blocks, the first one chosen so that both keys compute the same tag (Dodis et al., CRYPTO 2018)."""
    fixed = hashlib.sha256(b"any block").digest()[:16]
    points, constants = [], []
    for key in (one, other):
        point = int.from_bytes(block(key, bytes(16)), "big")
        points.append(point)
        constants.append(
            ghash(point, aad, bytes(16) + fixed) ^ int.from_bytes(block(key, NONCE + b"\0\0\0\x01"), "big")
        )
    weights = [multiply(multiply(point, point), point) for point in points]  # the first of: block, block, lengths
    free = multiply(constants[0] ^ constants[1], inverse(weights[0] ^ weights[1]))
    tag = constants[0] ^ multiply(free, weights[0])
    return free.to_bytes(16, "big") + fixed + tag.to_bytes(16, "big")


def block(key: bytes, plain: bytes) -> bytes:
    return Cipher(algorithms.AES256(key), modes.ECB()).encryptor().update(plain)  # noqa: S305  one raw block


def ghash(point: int, aad: bytes, body: bytes) -> int:
    lengths = (8 * len(aad)).to_bytes(8, "big") + (8 * len(body)).to_bytes(8, "big")
    data = aad + bytes(-len(aad) % 16) + body + lengths
    total = 0
    for start in range(0, len(data), 16):
        total = multiply(total ^ int.from_bytes(data[start : start + 16], "big"), point)
    return total


def multiply(one: int, other: int) -> int:
    """In GF(2^128) as GCM orders its bits (NIST SP 800-38D, 6.3)."""
    product = 0
    for bit in range(127, -1, -1):
        if one >> bit & 1:
            product ^= other
        other = (other >> 1) ^ (0xE1 << 120) if other & 1 else other >> 1
    return product


def inverse(value: int) -> int:
    result, power = 1 << 127, value
    for _ in range(127):  # value ** (2**128 - 2)
        power = multiply(power, power)
        result = multiply(result, power)
    return result


@pytest.mark.parametrize("plain", [b"not padded" + bytes(22), b"\xff\xfe" + b"\x80" + bytes(29)])
def test_a_cell_without_padding_or_text_inside_is_an_integrity_error_that_shows_nothing(plain: bytes) -> None:
    key = data_key()
    aead, commitment = key.derived()
    header = b"CD\x01\x01" + DEK_ID + NONCE + commitment
    aad = LP("cdp/aad/v1", "t1", "record_cell", "phone", INCARNATION.hex(), "str", header)
    with pytest.raises(IntegrityError) as caught:
        open_cell(key, header + aead.encrypt(NONCE, plain, aad))
    assert caught.value.__context__ is None


def test_plaintext_is_not_opened_as_if_it_were_sealed() -> None:
    with pytest.raises(UnknownFormat):
        open_cell(data_key(), PHONE.encode())


def test_lengths_show_steps_only() -> None:
    lengths = {len(seal(data_key(), "陈" * count, column="name")) for count in range(12)}
    assert lengths == {112, 144}
    assert len(seal(data_key(), "a", column="address")) == 64 + 256 + 16
    assert len(CellCipher("t1").seal(data_key(), table="t", column="name", value="", pad_to=1024)) == 64 + 1024 + 16


def test_nonces_do_not_repeat() -> None:
    cipher = CellCipher("t1")
    cells = {cipher.seal(data_key(), table="t", column="name", value="same") for _ in range(200)}
    assert len({cell[20:32] for cell in cells}) == 200


def test_errors_hold_no_value() -> None:
    with pytest.raises(IntegrityError) as caught:
        open_cell(data_key(incarnation=bytes(16)), CELL)
    assert str(caught.value) == "a sealed cell failed its integrity check"


def test_the_padded_value_is_what_is_encrypted() -> None:
    aead = AESGCM(cell_key(DEK))
    header = CELL[:64]
    aad = LP("cdp/aad/v1", "t1", "record_cell", "phone", INCARNATION.hex(), "str", header)
    assert aead.decrypt(NONCE, CELL[64:], aad) == pad(PHONE.encode(), 32)
