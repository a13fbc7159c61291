"""Persons' names in free text: what is recognised so that it never enters a ledger.

Nothing recognises every name. What is refused: a common surname with an honorific, after a word such as 担当, or followed by a given
name; also in kana. Names of places and makers that are surnames too (福島, 千葉, 本田 …) count only with an honorific or such a word. The
surnames are the commonest ones of Japan, in their usual readings (public rankings of surnames; general knowledge).
"""

from __future__ import annotations

import re

from ..common.text import to_words

#: the pattern of a column that takes any text; only there a name is looked for
FREE_TEXT = "^[^\\u0000-\\u001f\\u007f]+$"
_SURNAMES = (
    "佐藤 サトウ 鈴木 スズキ 高橋 タカハシ 髙橋 タカハシ 田中 タナカ 伊藤 イトウ 渡辺 ワタナベ 渡邊 ワタナベ 渡邉 ワタナベ "
    "中村 ナカムラ 小林 コバヤシ 加藤 カトウ 吉田 ヨシダ 𠮷田 ヨシダ 山田 ヤマダ 佐々木 ササキ 松本 マツモト 井上 イノウエ "
    "木村 キムラ 斎藤 サイトウ 斉藤 サイトウ 齋藤 サイトウ 齊藤 サイトウ 清水 シミズ 山崎 ヤマザキ 山﨑 ヤマザキ 森田 モリタ "
    "池田 イケダ 阿部 アベ 橋本 ハシモト 石井 イシイ 山下 ヤマシタ 小川 オガワ 前田 マエダ 岡田 オカダ 藤田 フジタ 後藤 "
    "ゴトウ 近藤 コンドウ 村上 ムラカミ 遠藤 エンドウ 青木 アオキ 坂本 サカモト 福田 フクダ 西村 ニシムラ 藤井 フジイ 太田 "
    "オオタ 金子 カネコ 三浦 ミウラ 藤原 フジワラ 岡本 オカモト 松田 マツダ 中川 ナカガワ 中野 ナカノ 原田 ハラダ 小野 オノ "
    "田村 タムラ 竹内 タケウチ 和田 ワダ 中山 ナカヤマ 石田 イシダ 上田 ウエダ 柴田 シバタ 酒井 サカイ 工藤 クドウ 横山 "
    "ヨコヤマ 宮本 ミヤモト 内田 ウチダ 高木 タカギ 安藤 アンドウ 大野 オオノ 丸山 マルヤマ 今井 イマイ 武田 タケダ 藤本 "
    "フジモト 村田 ムラタ 河野 コウノ 上野 ウエノ 杉山 スギヤマ 増田 マスダ 小山 コヤマ 大塚 オオツカ 平野 ヒラノ 久保 クボ "
    "渡部 ワタナベ 松井 マツイ 菊地 キクチ 菊池 キクチ 岩崎 イワサキ 桜井 サクライ 櫻井 サクライ 木下 キノシタ 野口 ノグチ "
    "松尾 マツオ 野村 ノムラ 佐野 サノ 大西 オオニシ 杉本 スギモト 新井 アライ 荒井 アライ 古川 フルカワ 濱田 ハマダ 浜田 "
    "ハマダ 市川 イチカワ 小松 コマツ 水野 ミズノ 島田 シマダ 西田 ニシダ 山内 ヤマウチ 西川 ニシカワ 五十嵐 イガラシ 北村 "
    "キタムラ 安田 ヤスダ 川口 カワグチ 平田 ヒラタ 中田 ナカタ"
)
#: also prefectures, cities, makers or common words
_DOUBTFUL = (
    "山本 山口 石川 長谷川 福島 千葉 宮崎 川崎 本田 松下 日立 富士 三宅 岩手 秋田 森 林 原 関 東 西 南 北 谷 星 "
    "上原 岩田 東京 長野 大分 山形 島"
)
_PAIRS = _SURNAMES.split()
_KANJI = "|".join(sorted(set(_PAIRS[::2]), key=len, reverse=True))
_KANA = "|".join(sorted(set(_PAIRS[1::2]), key=len, reverse=True))
_ALL = "|".join(sorted({*_PAIRS[::2], *_DOUBTFUL.split()}, key=len, reverse=True))
_HONORIFIC = r"(?:様(?![式相子])|さま|さん|氏(?!名)|殿|主査|主任|主事|係長|課長|部長|先生)"
_ROLE = r"(?:担当者?|使用者|利用者|連絡先|受領者?|氏名|宛先?|依頼者|申請者|管理者|名義)"
_GIVEN_END = "郎朗太樹輝介助之彦男夫雄一二三司史志子美恵江代香奈菜穂里織花華佳乃紀和也人仁真斗翔平実明博浩隆弘治"
_WORD = "一-鿿々〆ァ-ヶぁ-ん"
_NO_PERSON = r"(?:課|係|部|室|会社|株|店|センタ|事務|庁|区|市|町|駅|階|館)"
_PATTERNS = re.compile(
    rf"(?<![{_WORD}])(?:{_ALL})[ \u3000]*(?:[{_WORD}]{{1,4}}[ \u3000]*)?{_HONORIFIC}"
    rf"|{_ROLE}[ \u3000]*[:：は=／/]?[ \u3000]*(?:{_ALL})(?![{_WORD}]*{_NO_PERSON})"
    rf"|(?<![{_WORD}])(?:{_KANJI})[ \u3000]+[{_WORD}]{{1,4}}(?![{_WORD}])"
    rf"|(?<![{_WORD}])(?:{_KANJI})[一-鿿]{{0,2}}[{_GIVEN_END}](?![{_WORD}])"
    rf"|(?<![ァ-ヶー])(?:{_KANA})[ \u3000]+[ァ-ヶー]{{2,5}}(?![ァ-ヶー])"
)
_HOUSE = re.compile(
    rf"(?<![{_WORD}])(?:{_KANJI})[ \u3000]+[{_WORD}]*(?:課|係|部|室|店|支店|営業所|製作所|工場|ビル|社|倉庫|棟|用|機|型|製|予備)"
)


def has_person_name(text: str) -> bool:
    """Whether a text holds what reads as a person's name."""
    if text.isascii():
        return False
    plain = to_words(text)
    return any(not _HOUSE.match(plain, match.start()) for match in _PATTERNS.finditer(plain))
