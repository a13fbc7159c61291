// One spelling for cells and for what people type: width, case, kana, dashes, MAC and IP spellings.

const NOT_ASCII = /[^\x00-\x7f]/;
// the dash family and the long vowel mark: people and scanners take one for the other
const DASH = /[‐‑‒–—―−﹘﹣－ー─━]/g;
const HIRAGANA = /[\u3041-\u3096\u309d\u309e]/g;
// without a look-behind, which tablets of 2022 do not know
const WHOLE_MAC = /(^|[^0-9a-f])([0-9a-f]{2}(?:[-:][0-9a-f]{2}){5}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2})(?![0-9a-f])/g;

function fold(text) {
  if (NOT_ASCII.test(text)) {
    text = text.normalize("NFKC").replace(/[。､、]/g, ".")
      .replace(HIRAGANA, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0x60))
      .replace(DASH, "-");
  }
  return text.toLowerCase();
}

function foldCell(text) {
  return fold(text).replace(WHOLE_MAC, (all, before, mac) => before + mac.replace(/[-:.]/g, ""));
}

// A query's words. Each has the needles that count as the word: { text, kind }, kind "mac" only in columns of MACs.
function wordsOf(query) {
  return fold(query).split(/\s+/).filter(Boolean).slice(0, 8).map((word) => {
    const needles = [{ text: word, kind: "" }];
    const bare = word.replace(/[-:.]/g, "");
    if (/^[0-9a-f]{2}([-:][0-9a-f]{1,2})+[-:]?$/.test(word) || /^[0-9a-f]{4}(\.[0-9a-f]{1,4}){1,2}\.?$/.test(word)) {
      needles.push({ text: bare, kind: bare.length === 12 ? "" : "mac" });
    }
    if (/^\d{1,3}(\.\d{1,3}){1,3}\.?$/.test(word) && /(^|\.)0\d/.test(word)) {
      needles.push({ text: word.replace(/(^|\.)0+(?=\d)/g, "$1"), kind: "" });
    }
    const date = /^(\d{4})[/.](\d{1,2})(?:[/.](\d{1,2}))?$/.exec(word);
    if (date) {
      needles.push({ text: date.slice(1).filter(Boolean).map((part) => part.padStart(2, "0")).join("-"), kind: "" });
    }
    return needles;
  });
}
