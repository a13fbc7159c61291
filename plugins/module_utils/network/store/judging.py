"""Whether a full copy comes to the identity and the masked text that stand in Git: the proof that needs the masking key."""

from __future__ import annotations

from ..capture import steady
from ..masking import Masker
from ..platform import load
from .index import Line
from .verifying import Judge


def judge_with(key: bytes) -> Judge:
    """A judge for :func:`verifying.verify`.

    :param key: the masking key.
    :raises WardopsError: E1620 when the key is too short; the judge itself raises those of the platform file and of masking.
    """
    masker = Masker(key)

    def judge(line: Line, full: bytes, masked: bytes) -> tuple[str, str] | None:
        platform = load(line.platform)
        found = masker.mask(platform, steady(platform, full))
        if found.identity != line.identity:
            return "識別値が索引と違います", "its identity is not that of the index"
        if found.text != masked:
            return "伏せ字にした設定が保管されたものと違います", "masked, it is not the stored text"
        return None

    return judge
