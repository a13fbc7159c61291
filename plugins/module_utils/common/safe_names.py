"""Names of folders and files on the sections' file server: what may be one, and what is refused.

A name is refused when it could leave its folder, mean a device, be changed silently by Windows, or look like another name. Rules:
Microsoft, Naming Files, Paths, and Namespaces (reserved names and characters, trailing dots and spaces); Unicode TR 36 (look-alikes,
bidirectional controls): instead of a list of what is dangerous there is a list of what a ward's names are made of.
"""

from __future__ import annotations

import re
import unicodedata

from .problems import Problem, WardopsError

#: characters of a name, in UTF-16 units as Windows counts; leaves room for the folders above and a temporary suffix
LONGEST = 100
_ALLOWED = re.compile(r"[0-9A-Za-z_\-.() （）ぁ-ゖァ-ヺー々〆ヶ・㐀-䶿一-鿿\uf900-\ufaff]+")
_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|CLOCK\$|CONIN\$|CONOUT\$|COM[0-9¹²³]|LPT[0-9¹²³])(?:\..*)?", re.IGNORECASE)


def flaw(name: str) -> tuple[str, str] | None:
    """Why a name may not be one folder or file, in Japanese and English; nothing when it may."""
    folded = unicodedata.normalize("NFKC", name).strip(" .")
    bad = next((char for char in name if not _ALLOWED.fullmatch(char)), "")
    flaws = (
        (not name.strip(" ."), "空、または点と空白だけの名前です", "empty, or nothing but dots and spaces"),
        (_DEVICE.fullmatch(folded), "Windows の装置名です", "the name of a Windows device"),
        (name != name.strip(" ."), "先頭か末尾が点または空白です", "begins or ends with a dot or a space"),
        (".." in name, "「..」を含みます", "contains '..'"),
        (bad, f"使えない文字 {_point(bad)} があります", f"has the character {_point(bad)}, which names are not made of"),
        (
            unicodedata.normalize("NFC", name) != name,
            "文字の合成の形が違います（NFC ではありません）",
            "not in Unicode's composed form (NFC)",
        ),
        (len(name) > LONGEST, f"{LONGEST} 文字を超えています", f"longer than {LONGEST} characters"),
    )
    return next(((ja, en) for wrong, ja, en in flaws if wrong), None)


def _point(char: str) -> str:
    return f"U+{ord(char):04X}" if char else ""


def check(name: str) -> str:
    """The name itself.

    :raises WardopsError: E1306 when it may not be the name of a folder or file.
    """
    found = flaw(name)
    if found:
        raise WardopsError(Problem("E1306", params={"name": ascii(name)[:120], "reason_ja": found[0], "reason": found[1]}))
    return name


def check_folder(folder: str) -> str:
    """A folder below a root, parts separated by ``/``; each part is a name.

    :raises WardopsError: E1306.
    """
    for part in folder.split("/"):
        check(part)
    return folder
