"""Makes a copy of the installed onnxruntime that does not use AVX-512, to compare both sides on AVX2.

    python ort_avx2.py FOLDER
    PYTHONPATH=FOLDER python versus.py ...

onnxruntime has no switch for it. Before it uses AVX-512, it asks the processor (xgetbv) whether the system keeps the wide
registers; in the copy the answer is "those of AVX alone". AVX-VNNI stays in use where the processor has it.
"""
import glob
import importlib.util
import os
import re
import shutil
import sys

XGETBV = b"\x0f\x01\xd0"
ANSWER = b"\x6a\x07\x58"  # push 7; pop rax: x87, SSE and AVX
ZERO_ECX = (b"\x31\xc9", b"\x33\xc9", b"\xb9\0\0\0\0")

folder = sys.argv[1]
for name in ("onnxruntime", "onnxruntime_genai"):
    source = os.path.dirname(importlib.util.find_spec(name).origin)
    shutil.copytree(source, os.path.join(folder, name), dirs_exist_ok=True)
library, = glob.glob(os.path.join(folder, "onnxruntime", "capi", "libonnxruntime.so*"))
with open(library, "rb") as file:
    code = file.read()
# Three bytes may also be a part of something else: the instruction reads register 0, whose number was just put into ecx.
places = [m.start() for m in re.finditer(re.escape(XGETBV), code)]
places = [at for at in places if any(zero in code[at - 16:at] for zero in ZERO_ECX)]
if not places:
    raise SystemExit(f"{library}: xgetbv not found; another build of onnxruntime than this script knows")
for at in places:
    code = code[:at] + ANSWER + code[at + 3:]
with open(library, "wb") as file:
    file.write(code)
print(f"{library}: {len(places)} places")
