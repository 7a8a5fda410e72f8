# SPDX-License-Identifier: MIT
"""The files of /proc/vigia from Python, by their system calls: for the scenarios in the VM."""

import ctypes
import fcntl
import mmap
import os
import select
import struct
import subprocess

SLOWNESS = int(os.environ.get("VIGIA_SLOWNESS", "1"))
DIRECTORY = "/proc/vigia"
MAGIC = 0x1A0A0D4149474956
LIVE, DEAD, NO_SLOT = 1, 2, 0xFFFFFFFF
REFRESH, PROCESS, DESCRIBE = 0xC040D601, 0xC160D602, 0x8090D603
FOREVER = 2**64 - 1
_HEADER = struct.Struct("<QIIIIIIQQQQQQII16s16s16s16s4QIIQ7Q")
_HEADER_FIELDS = ("magic", "endian_tag", "file_kind", "abi_version", "abi_compatible",
                  "header_size", "writer_kind", "total_size", "features", "writer_instance",
                  "layout_generation", "slots_offset", "slot_size", "slot_count",
                  "slot_header_size")

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int,
                      ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
_FAILED = ctypes.c_void_p(-1).value


def load(module):
    subprocess.run(["insmod", os.path.join(os.environ["VIGIA_KMOD"], module + ".ko")], check=True)


def unload(module):
    subprocess.run(["rmmod", module], check=True)


def open_file(name, flags=os.O_RDONLY):
    return os.open(f"{DIRECTORY}/{name}", flags | os.O_CLOEXEC)


def error_of(call, *arguments):
    """The errno that a call fails with; 0 if it does not."""
    try:
        call(*arguments)
    except OSError as error:
        return error.errno
    return 0


def size_of(descriptor):
    """What the header says; like every read at offset 0, it takes the newest snapshot."""
    return struct.unpack_from("<Q", os.pread(descriptor, 256, 0), 32)[0]


def refresh(descriptor, max_age_ns, flags=0, reserved0=0, reserved=(0, 0, 0)):
    """(generation, age, walked)"""
    request = bytearray(struct.pack("<4QII3Q", max_age_ns, flags, 0, 0, 0, reserved0, *reserved))
    fcntl.ioctl(descriptor, REFRESH, request)
    return struct.unpack_from("<QQI", request, 16)


def polled(descriptor, milliseconds):
    """The events that poll() says; 0 if there are none in this time."""
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    events = poller.poll(milliseconds)
    return events[0][1] if events else 0


class Mapping:
    """A mapping of a file, or its errno."""

    def __init__(self, descriptor, size, protection=mmap.PROT_READ, flags=mmap.MAP_SHARED,
                 offset=0):
        self.size = size
        self.at = libc.mmap(None, size, protection, flags, descriptor, offset)
        self.error = ctypes.get_errno() if self.at == _FAILED else 0

    def header(self):
        values = _HEADER.unpack(ctypes.string_at(self.at, _HEADER.size))
        fields = dict(zip(_HEADER_FIELDS, values))
        fields["regions"] = [struct.unpack("<QII", region) for region in values[15:19]]
        fields["state"], fields["current_slot"], fields["generation"] = values[23:26]
        return fields

    def slot(self):
        """The newest slot: sequence, generation, times, counts and truncated counts."""
        words = struct.unpack("<6Q4I4I", ctypes.string_at(self._slot_at(self.header()), 80))
        return {"sequence": words[0], "generation": words[1], "count": words[6:10],
                "truncated": words[10:14]}

    def records(self, region=0):
        """The newest snapshot's records as bytes."""
        header = self.header()
        offset, stride, _ = header["regions"][region]
        begin = self._slot_at(header) + offset
        return [ctypes.string_at(begin + i * stride, stride)
                for i in range(self.slot()["count"][region])]

    def _slot_at(self, header):
        return self.at + header["slots_offset"] + header["current_slot"] * header["slot_size"]

    def close(self):
        libc.munmap(self.at, self.size)
