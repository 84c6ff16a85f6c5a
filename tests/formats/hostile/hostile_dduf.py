"""DDUF files that are to be refused, each with a part of the reason that is to be given."""

from __future__ import annotations

import io
import json
import random
import zipfile

from zips import File, extra, zip64_extra, zip_of

INDEX = File("model_index.json", b'{"vae": ["diffusers", "AutoencoderKL"], "a.json": 1, "\xc3\xa9": 2}')
CONFIG = File("vae/config.json", b"{}")
WEIGHTS = File("vae/model.safetensors", b"\x02\0\0\0\0\0\0\0{}")
SOUND = (INDEX, CONFIG, WEIGHTS)
MOST = 0xFFFFFFFF


def named(name: str | bytes, **flags: int) -> bytes:
    return zip_of([*SOUND, File(name, b"x", both=flags)])


def index(content: bytes) -> bytes:
    return zip_of([File("model_index.json", content), CONFIG])


def weights(**lies: object) -> bytes:
    return zip_of([INDEX, CONFIG, File(WEIGHTS.name, WEIGHTS.data, **lies)])  # type: ignore[arg-type]


def by_zipfile(method: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for member in SOUND:
            archive.writestr(str(member.name), member.data * 100)
    return file.getvalue()


def streamed() -> bytes:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise io.UnsupportedOperation

    file = Pipe()
    with zipfile.ZipFile(file, "w") as archive:
        for member in SOUND:
            archive.writestr(str(member.name), member.data)
    return file.getvalue()


def shared_by_many(count: int) -> bytes:
    """Make a small file of which every member claims all of the bytes."""
    first = File("model_index.json", b"{}")
    record_of = File("vae/config.json", b"{}", record={"start": 0})
    return zip_of([first, *[record_of] * count])


CUT = zip_of(SOUND)
CHANCE = random.Random(3)

LAYOUT: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not a ZIP file"),
    "text": (b"not a zip file " * 100, "not a ZIP file"),
    "noise": (CHANCE.randbytes(100_000), "not a ZIP file"),
    "zeros": (bytes(200_000), "not a ZIP file"),
    "an end that is cut": (CUT[:-1], "not a ZIP file, or is truncated"),
    "half a file": (CUT[: len(CUT) // 2], "truncated"),
    "only local headers": (CUT[: CUT.index(b"PK\1\2")], "truncated"),
    "only the end": (CUT[-22:], "its directory is not where its end says"),
    "no members": (zip_of([]), "it has no model_index.json"),
    "bytes at the end": (CUT + b"\0", "not a ZIP file"),
    "bytes at the beginning": (zip_of(SOUND, prefix=b"#!/bin/sh\n"), "leaves a gap before it"),
    "bytes put before a whole file": (b"MZ" + CUT, "its directory is not where its end says"),
    "a gap between members": (zip_of([INDEX, CONFIG, File("vae/a.txt", before=b"hidden")]), "leaves a gap"),
    "a gap before the directory": (zip_of(SOUND, before_directory=b"hidden"), "do not end where its directory"),
    "a member twice in the directory": (shared_by_many(1), "overlaps"),
    "thousands of members of the same bytes": (shared_by_many(4000), "overlaps"),
    "a member within another": (
        zip_of([INDEX, File("vae/config.json", b"{}" * 100), File("vae/a.txt", record={"start": 130})]),
        "overlaps",
    ),
    "a member that covers the next": (
        zip_of([INDEX, File("vae/config.json", b"{}", both={"packed": 60, "length": 60}), WEIGHTS]),
        "overlaps",
    ),
    "a member that covers the directory": (weights(both={"packed": 200, "length": 200}), "do not end where"),
    "a member that ends early": (weights(both={"packed": 3, "length": 3}), "do not end where its directory"),
    "a member beyond the end": (weights(record={"start": 1 << 30}), "leaves a gap before it"),
    "a member at the far end of 64 bits": (
        weights(record={"start": MOST}, extra=zip64_extra(2**64 - 1)),
        "leaves a gap before it",
    ),
    "a directory within a comment": (zip_of(SOUND, comment=zip_of([INDEX])), "two directories"),
    "an end within a comment": (zip_of(SOUND, comment=b"PK\5\6" + bytes(18)), "two directories"),
    "many ends within a comment": (
        zip_of(
            SOUND, comment=b"".join(b"PK\5\6" + bytes(16) + (22 * n).to_bytes(2, "little") for n in range(2900, -1, -1))
        ),
        "two directories",
    ),
    "a comment longer than it says": (zip_of(SOUND, comment=b"abc", end={"comment_bytes": 2}), "not a ZIP file"),
    "a comment shorter than it says": (zip_of(SOUND, comment=b"abc", end={"comment_bytes": 4}), "not a ZIP file"),
    "a part of several": (zip_of(SOUND, end={"disk": 1}), "one part of an archive"),
    "a directory on another disk": (zip_of(SOUND, end={"directory_disk": 1}), "one part of an archive"),
    "a member on another disk": (weights(record={"disk": 1}), "in another part"),
    "some records elsewhere": (zip_of(SOUND, end={"here": 2}), "one part of an archive"),
    "a record too many": (zip_of(SOUND, end={"here": 4, "count": 4}), "directory is malformed at byte"),
    "a record too few": (zip_of(SOUND, end={"here": 2, "count": 2}), "more in it than its records"),
    "a directory one byte later": (zip_of(SOUND, end={"begin": CUT.index(b"PK\1\2") + 1}), "not where its end says"),
    "a directory one byte longer": (zip_of(SOUND, end={"directory_bytes": 500}), "not where its end says"),
    "a directory at the far end": (zip_of(SOUND, end={"begin": MOST - 1}), "not where its end says"),
    "a directory before the file": (zip_of(SOUND, end={"directory_bytes": MOST - 1}), "is the most that is read"),
    "a directory with a signature": (zip_of(SOUND, after_records=b"PK\5\5\0\0"), "more in it than its records"),
    "a record that is none": (CUT.replace(b"PK\1\2", b"PK\1\3", 1), "directory is malformed at byte 0"),
    "a name past the directory": (weights(record={"name_bytes": 60_000}), "goes past the directory"),
    "a comment past the directory": (weights(record={"comment_bytes": 60_000}), "goes past the directory"),
    "too many members": (
        zip_of([INDEX, *(File(f"{n}.txt") for n in range(4096))]),
        "4,097 members in 220,136 bytes, and 4,096 in",
    ),
    "a directory of megabytes": (
        zip_of([INDEX, *[File("a.txt", comment=bytes(65_000))] * 20]),
        "is the most that is read",
    ),
    "a local header that is none": (CUT.replace(b"PK\3\4", b"PK\3\5", 1), "not where the directory says"),
}

ZIP64: dict[str, tuple[bytes, str]] = {
    "an end in 32 bits that points at one in 64": (zip_of(SOUND, end={"begin": MOST}), "ZIP64 end is missing"),
    "a count in 16 bits that points at one in 64": (zip_of(SOUND, end={"count": 65535}), "ZIP64 end is missing"),
    "a locator without a record": (zip_of(SOUND, end_64={}, end_64_mark=b"PK\6\5"), "not where it belongs"),
    "a locator that points elsewhere": (zip_of(SOUND, end_64={}, locator={"at": 0}), "ZIP64 end is malformed"),
    "a locator that points far away": (zip_of(SOUND, end_64={}, locator={"at": 2**64 - 1}), "ZIP64 end is malformed"),
    "a locator on another disk": (zip_of(SOUND, end_64={}, locator={"disk": 1}), "one part of an archive"),
    "a record of several disks": (zip_of(SOUND, end_64={}, locator={"disks": 2}), "one part of an archive"),
    "a record with more in it": (zip_of(SOUND, end_64={"bytes": 45}), "ZIP64 end is malformed"),
    "a record without length": (zip_of(SOUND, end_64={"bytes": 0}), "ZIP64 end is malformed"),
    "two ends with two counts": (zip_of(SOUND, end_64={"count": 2, "here": 2}), "do not agree"),
    "two ends with two places": (zip_of(SOUND, end_64={"begin": 1}), "do not agree"),
    "a count of 64 bits": (
        zip_of(SOUND, end_64={"count": 2**63, "here": 2**63}, end={"count": 65535, "here": 65535}),
        "is the most that is read",
    ),
    "a directory of exabytes": (
        zip_of(SOUND, end_64={"directory_bytes": 2**63}, end={"directory_bytes": MOST}),
        "malformed",
    ),
    "a directory at exabytes": (zip_of(SOUND, end_64={"begin": 2**63}, end={"begin": MOST}), "malformed"),
    "a member of exabytes": (
        weights(
            both={"packed": MOST, "length": MOST},
            extra=zip64_extra(2**63, 2**63),
            local_extra=zip64_extra(2**63, 2**63),
        ),
        "do not end where",
    ),
    "a field that is missing": (weights(both={"packed": MOST, "length": MOST}), "missing or too short"),
    "a field that is too short": (
        weights(both={"packed": MOST, "length": MOST}, extra=zip64_extra(10), local_extra=zip64_extra(10)),
        "missing or too short",
    ),
    "a field that comes twice": (
        weights(record={"length": MOST}, extra=zip64_extra(10) + zip64_extra(11)),
        "extra fields of its member b'vae/model.safetensors' are malformed",
    ),
    "two fields with two lengths": (
        weights(both={"packed": MOST, "length": MOST}, extra=zip64_extra(10, 10), local_extra=zip64_extra(9, 9)),
        "described in two ways",
    ),
}

MEMBERS: dict[str, tuple[bytes, str]] = {
    "two names": (weights(local_name=b"vae/m0del.safetensors"), "described in two ways"),
    "two lengths": (weights(local={"length": 9, "packed": 9}), "described in two ways"),
    "two checksums": (weights(local={"crc": 1}), "described in two ways"),
    "two methods": (weights(local={"method": 8}), "described in two ways"),
    "two sets of flags": (weights(local={"flags": 1 << 11}), "described in two ways"),
    "no length in the local header": (weights(local={"length": 0, "packed": 0}), "described in two ways"),
    "deflate": (by_zipfile(zipfile.ZIP_DEFLATED), "is compressed"),
    "bzip2": (by_zipfile(zipfile.ZIP_BZIP2), "is compressed"),
    "LZMA": (by_zipfile(zipfile.ZIP_LZMA), "is compressed"),
    "a method that nobody knows": (weights(both={"method": 99}), "is compressed"),
    "stored, and yet smaller than it is": (weights(both={"length": 1 << 20}), "is compressed"),
    "sizes behind the bytes": (streamed(), "stands behind the bytes"),
    "a flag that says so": (weights(both={"flags": 8}), "stands behind the bytes"),
    "encryption": (weights(both={"flags": 1}), "is encrypted"),
    "strong encryption": (weights(both={"flags": 65}), "is encrypted"),
    "a masked directory": (weights(both={"flags": 1 << 13}), "is encrypted"),
    "a patch": (weights(both={"flags": 1 << 5}), "another way that is not read"),
    "an extra field past the others": (weights(extra=b"\1\2\xff\xff"), "extra fields"),
    "a local extra field past the others": (weights(local_extra=b"\1\2\xff\xff"), "extra fields"),
    "hundreds of extra fields": (weights(local_extra=extra(7, b"") * 16_000), "extra fields"),
    "another name in an extra field": (
        weights(extra=extra(0x7075, b"\1\0\0\0\0vae/model.py")),
        "has another name in an extra field",
    ),
    "another name in a local extra field": (
        weights(local_extra=extra(0x7075, b"\1\0\0\0\0vae/model.py")),
        "has another name in an extra field",
    ),
}

NAMES: dict[str, tuple[bytes, str]] = {
    "no name": (named(""), "no entry may be called ''"),
    "an absolute name": (named("/etc/config.json"), "no entry may be called '/etc/config.json'"),
    "a name above": (named("../config.json"), "no entry may be called '../config.json'"),
    "a name above in the middle": (named("vae/../config.json"), "no entry may be called"),
    "a name here": (named("./config.json"), "no entry may be called './config.json'"),
    "two slashes": (named("vae//config.json"), "no entry may be called"),
    "a backslash": (named("vae\\config.json"), "no entry may be called"),
    "a backslash above": (named("..\\config.json"), "no entry may be called"),
    "a drive": (named("C:config.json"), "no entry may be called 'C:config.json'"),
    "a drive and a slash": (named("C:/config.json"), "no entry may be called"),
    "a share": (named("//server/config.json"), "no entry may be called"),
    "a share of Windows": (named("\\\\server\\share\\config.json"), "no entry may be called"),
    "a home": (named("~/config.json"), "no entry may be called '~/config.json'"),
    "a device": (named("aux.json"), "no entry may be called 'aux.json'"),
    "a device as a folder": (named("NUL/config.json"), "no entry may be called"),
    "another stream": (named("vae/config.json:x.json"), "no entry may be called"),
    "git's own": (named(".git/config.json"), "no entry may be called"),
    "git's own by a short name": (named("GIT~1/config.json"), "no entry may be called"),
    "a control character": (named("vae/a\x1b[2J.json"), "no entry may be called"),
    "a line end": (named("vae/a\n.json"), "no entry may be called 'vae/a\\n.json'"),
    "a NUL": (named("vae/config.json\0.txt"), "no entry may be called"),
    "the other direction": (named("vae/\u202enosj.json"), "no entry may be called"),
    "an invisible character": (named("vae/\u200bconfig.json"), "no entry may be called"),
    "a folder that ends with a space": (named("vae /config.json"), "no entry may be called"),
    "a folder that ends with a dot": (named("vae./config.json"), "no entry may be called"),
    "a wildcard": (named("vae/*.json"), "no entry may be called"),
    "a long name": (named("a" * 300 + ".json"), "no entry may be called"),
    "no UTF-8": (named(b"vae/\xff.json"), "is not UTF-8"),
    "no UTF-8, and not said to be": (named("vae/é.json".encode(), flags=0), "is not UTF-8, or does not say so"),
    "half of a surrogate pair": (named(b"vae/\xed\xa0\x80.json"), "is not UTF-8"),
    "a folder of a folder": (named("vae/a/config.json"), "in a folder of a folder"),
    "a folder": (named("vae/"), "no entry may be called 'vae/'"),
    "a pickle": (named("vae/model.bin"), "does not end with one of .json"),
    "code": (named("vae/model.py"), "does not end with one of"),
    "no ending": (named("vae/config"), "does not end with one of"),
    "only an ending": (named("vae/.json"), "does not end with one of"),
    "an ending in capitals": (named("vae/a.JSON"), "does not end with one of"),
    "a second ending": (named("vae/model.safetensors.pkl"), "does not end with one of"),
    "a name that comes twice": (named("vae/config.json"), "two entries called 'vae/config.json'"),
    "a name in another case": (named("vae/Config.json"), "are one on some file systems"),
    "a folder in another case": (named("VAE/other.json"), "are one on some file systems"),
    "a name in another normal form": (
        zip_of([*SOUND, File("é/config.json"), File("e\u0301/config.json")]),
        "are one on some file systems",
    ),
    "a file and a folder": (zip_of([*SOUND, File("a.json", b"{}"), File("a.json/config.json")]), "are one on some"),
    "a folder and a file": (zip_of([*SOUND, File("a.json/config.json"), File("a.json", b"{}")]), "are one on some"),
}

INDEXES: dict[str, tuple[bytes, str]] = {
    "no index": (zip_of([CONFIG, WEIGHTS]), "it has no model_index.json"),
    "an index in a folder": (zip_of([CONFIG, File("vae/model_index.json", b"{}")]), "it has no model_index.json"),
    "an index in capitals": (zip_of([File("Model_Index.json", b"{}")]), "it has no model_index.json"),
    "an empty index": (index(b""), "it is not JSON at character 0"),
    "an index that is a list": (index(b"[]"), "is not a JSON object"),
    "an index that is a text": (index(b'"vae"'), "is not a JSON object"),
    "an index that is nothing": (index(b"null"), "is not a JSON object"),
    "an index that is cut": (index(b'{"vae": 1'), "it is not JSON at character 9"),
    "two indexes": (index(b"{}{}"), "it is not JSON at character 2"),
    "an index with a comment": (index(b'{"vae": 1} // x'), "it is not JSON"),
    "an index with NaN": (index(b'{"vae": NaN}'), "it has NaN, which is not JSON"),
    "an index with infinity": (index(b'{"vae": -Infinity}'), "it has -Infinity"),
    "an index with a name twice": (index(b'{"vae": 1, "vae": 2}'), "two entries called 'vae'"),
    "an index with a name twice by an escape": (index(b'{"vae": 1, "v\\u0061e": 2}'), "two entries called 'vae'"),
    "an index that is nested": (index(b'{"vae": ' + b"[" * 100_000), "it is nested too deeply"),
    "an index of objects in objects": (index(b'{"vae":' * 100_000), "it is nested too deeply"),
    "an index with a long number": (index(b'{"vae": ' + b"9" * 5000 + b"}"), "too many digits"),
    "an index of many values": (index(b"[" + b"[]," * 300_000 + b"1]"), "more than 500,000 values"),
    "an index of megabytes": (index(b'{"vae": "' + b"a" * 2**20 + b'"}'), "1,048,576 is the most"),
    "an index that is not UTF-8": (index(b'{"vae": "\xff"}'), "it is not UTF-8 at byte 9"),
    "an index with a byte order mark": (index(b"\xef\xbb\xbf{}"), "it is not JSON at character 0"),
    "an index in UTF-16": (index('{"vae": 1}'.encode("utf-16")), "it is not UTF-8"),
    "an index with another checksum": (
        zip_of([File("model_index.json", b'{"vae": 1}', both={"crc": 1}), CONFIG]),
        "another checksum",
    ),
    "a folder that is not in the index": (index(b'{"unet": 1}'), "its folder 'vae' is not in its model_index.json"),
    "a folder in the index in another case": (index(b'{"VAE": 1}'), "its folder 'vae' is not in"),
    "a folder without configuration": (zip_of([INDEX, WEIGHTS]), "its folder 'vae' has none of config.json"),
    "a folder whose configuration is above": (
        zip_of([INDEX, WEIGHTS, File("config.json", b"{}")]),
        "its folder 'vae' has none of config.json",
    ),
    "folders without end": (
        zip_of(
            [
                File("model_index.json", json.dumps({str(n): 1 for n in range(2000)}).encode()),
                *(File(f"{n}/a.txt") for n in range(2000)),
            ]
        ),
        "has none of config.json",
    ),
}

HOSTILE = {**LAYOUT, **ZIP64, **MEMBERS, **NAMES, **INDEXES}
