"""Spellings that people and programs give to the same text; what is changed is always told.

Codes (names, numbers, MACs) may be narrowed without loss. Words are changed only where the character is a form of another one:
full-width letters, half-width kana, ㈱. Characters that some fonts or CP932 lack (髙 﨑 𠮷 ①) stay as they are. Sources: Unicode TR 15,
JIS X 0201 / 0208, Microsoft code page 932 (its wave dash is U+FF5E where JIS has U+301C).
"""

from __future__ import annotations

import re
import unicodedata

from ...common.text import DASHES, to_narrow

#: soft hyphen, zero width and direction marks, byte order mark
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_BREAKS = re.compile(r"[ \t\u3000]*[\r\n\v\f\x85\u2028\u2029]+[ \t\u3000]*")
_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f]")
#: full-width letters and digits, half-width kana, the wide space, forms of words; a sign only between letters and digits (Ｎ１４－２６)
_ALNUM = "0-9A-Za-z０-９Ａ-Ｚａ-ｚ"
_FORMS = re.compile(rf"(?:[０-９Ａ-Ｚａ-ｚ\uff61-\uff9f\u3000\u3231\u3232\u3239\u2116\u2121]|(?<=[{_ALNUM}])[－．／＋＿](?=[{_ALNUM}]))+")
_TITLE_NOISE = re.compile(r"[\s.*＊※()\[\]【】「」<>{}:：・_\"']+")
#: a lone dash of any kind means "nothing" in lists
_NOTHING = frozenset(DASHES)


def tidy(text: str) -> str:
    """Without invisible characters and line breaks, without white space around; a lone dash is empty."""
    if text.isascii() and text.isprintable():
        text = text.strip()
        return "" if text == "-" else text
    text = _INVISIBLE.sub("", text)
    text = _SPACES.sub(" ", _BREAKS.sub(" ", text)).replace("\t", " ")
    text = _CONTROLS.sub("", text).strip()
    return "" if text in _NOTHING else text


def words(text: str) -> str:
    """Words in their usual form: ＡＢＣ → ABC, ﾉｰﾄ → ノート, ㈱ → (株), ～ → 〜; 髙 﨑 𠮷 ① stay."""
    if text.isascii():
        return text
    return _FORMS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text).replace("\uff5e", "\u301c")


def code(text: str) -> str:
    """A code: narrow, any dash a hyphen, no inner white space around hyphens."""
    return re.sub(r"\s*-\s*", "-", to_narrow(text)).strip() if not text.isascii() else text


def narrow_title(text: str) -> str:
    """A title as titles are compared."""
    return _TITLE_NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def same_word(text: str) -> str:
    """A word as words are compared: width, case and inner white space do not matter, dashes and long vowel marks are one."""
    return re.sub(r"\s+", "", to_narrow(text)).casefold()


def not_in_cp932(text: str) -> str:
    """Characters that a CP932 file cannot hold, for a note."""
    found = []
    for char in dict.fromkeys(text):
        try:
            char.encode("cp932")
        except UnicodeEncodeError:
            # 〜 is written as ～ by our exports, and nobody sees a difference
            if char not in "\u301c\u2212\u2014\u2016\u00a2\u00a3\u00ac":
                found.append(char)
    return "".join(found)
